#!/usr/bin/env bash
# make_tree.sh TREE BOARD BUILD_TYPE [DEFINE...]: what a user's checkout of tflite-micro looks like
# once its library was built for a board, made of the stub. Run in firmware_tests.
#
# BUILD_TYPE=release strips the log, as there; DEFINEs go to the stub (stub.cc).
set -euo pipefail

tree=$1 board=$2 type=$3
shift 3
STUB=unit/tflm_stub
WARNINGS="-Wall -Wextra -Werror -Wconversion"
INCLUDES="-Iapp -Iwire -Iport -I$STUB"

# The library's compiler flags must be the board's, as with the real one.
show() {
  printf 'include port/boards.mk\nshow:\n\t@echo %s\n' "$1" |
    "${MAKE:-make}" --no-print-directory -s -f - CC="${CC:-cc}" BOARD="$board" show
}
compiler=$(show '$(PORT_CC)')
flags=$(show '$(PORT_CFLAGS)')
arch=$(show '$(PORT_TFLM_ARCH)')
cxx=${compiler/%gcc/g++}
[[ $compiler == cc ]] && cxx=c++

mkdir -p "$tree/tensorflow/lite/micro/tools/make/downloads/flatbuffers/include"
cp -r $STUB/tensorflow/. "$tree/tensorflow"
cp -r $STUB/flatbuffers "$tree/tensorflow/lite/micro/tools/make/downloads/flatbuffers/include"

built=$tree/gen/stub_${arch}_${type}_gcc
# One set of kernels for all libraries of a tree.
kernels=$tree/gen/.kernels
mkdir -p "$built/lib" "$built/genfiles"
strip=""
[[ $type == release ]] && strip=-DTF_LITE_STRIP_ERROR_STRINGS
$cxx $flags -std=c++17 -O2 -ffunction-sections $WARNINGS -fno-exceptions -fno-rtti \
  -DTF_LITE_STATIC_MEMORY $strip "$@" $INCLUDES -include $STUB/engine_names.h -c $STUB/stub.cc \
  -o "$built/stub.o"
if [[ ! -d $kernels ]]; then
  mkdir "$kernels.new"
  # The firmware has the readers of files itself.
  for source in app/engine/*.c app/engine/ops/*.c; do
    case $source in */flatbuffer.c | */engine/model.c) continue ;; esac
    $compiler $flags -std=c11 -O2 -ffunction-sections -ffp-contract=off $WARNINGS $INCLUDES \
      -include $STUB/engine_names.h -c "$source" -o "$kernels.new/$(basename "$source" .c).o"
  done
  mv "$kernels.new" "$kernels"
fi
library=$built/lib/libtensorflow-microlite.a
rm -f "$library"
if [[ $compiler == *gcc ]]; then archiver=${compiler%gcc}ar; else archiver=ar; fi
$archiver rcs "$library" "$built/stub.o" "$kernels"/*.o
