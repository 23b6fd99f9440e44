#!/usr/bin/env bash
# find_library.sh TFLM ARCH FLOAT READELF KERNELS BUILD_TYPE: the path of the one library in a
# checkout of tflite-micro that fits a board; else a line that begins with "error:".
#
# ARCH is what the board's TARGET_ARCH begins with. FLOAT is hard or soft on Arm, empty elsewhere: it
# is compared with what the library's objects say. KERNELS and BUILD_TYPE choose, where they are not
# empty; KERNELS=reference are those without OPTIMIZED_KERNEL_DIR.
set -euo pipefail
shopt -s nullglob

tree=$1 arch=$2 float=$3 readelf=$4 kernels=$5 type=$6
maker="make -f tensorflow/lite/micro/tools/make/Makefile"

fail() {
  echo "error: $*"
  exit 0
}

[[ -f $tree/tensorflow/lite/micro/micro_interpreter.h ]] ||
  fail "TFLM=$tree is no checkout of tflite-micro: it has no tensorflow/lite/micro/micro_interpreter.h"

# As its Makefile names the folders: TARGET_ARCH_BUILDTYPE[_KERNELS][_COPROCESSOR]_TOOLCHAIN.
types="release_with_logs|release|default|debug"
pattern="_${arch//+/\\+}(\+[a-z0-9+]*)?_($types)_(([a-z0-9_]+)_)?[a-z0-9]+$"

fits_float() {
  [[ -n $float ]] || return 0
  local passes=soft
  # Not grep -q: it would end readelf by SIGPIPE.
  if "$readelf" -A "$1" 2>/dev/null | grep -c 'Tag_ABI_VFP_args: VFP registers' >/dev/null; then
    passes=hard
  fi
  [[ $passes == "$float" ]]
}

found=() others=()
for library in "$tree"/gen/*/lib/libtensorflow-microlite.a; do
  folder=$(basename "${library%/lib/*}")
  if [[ $folder =~ $pattern ]] &&
    [[ -z $type || ${BASH_REMATCH[2]} == "$type" ]] &&
    [[ -z $kernels || ${BASH_REMATCH[4]:-reference} == "$kernels" ]] && fits_float "$library"; then
    found+=("$library")
  else
    others+=("$folder")
  fi
done

case ${#found[@]} in
1) echo "${found[0]}" ;;
0)
  wanted="TARGET_ARCH=$arch${float:+ with $float float}${kernels:+, KERNELS=$kernels}${type:+, BUILD_TYPE=$type}"
  fail "$tree/gen has no library for $wanted; it has: ${others[*]:-none}. Build it there: $maker" \
    "TARGET=... TARGET_ARCH=$arch... BUILD_TYPE=release microlite"
  ;;
*)
  folders=()
  for library in "${found[@]}"; do folders+=("$(basename "${library%/lib/*}")"); done
  fail "more than one library in $tree/gen fits: ${folders[*]}; choose with KERNELS=reference or" \
    "KERNELS=cmsis_nn, with BUILD_TYPE=..., or with TFLM_LIB=path"
  ;;
esac
