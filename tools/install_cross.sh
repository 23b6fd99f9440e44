#!/usr/bin/env bash
# The cross compilers, QEMU and the C tools that the device tests need: installs them from Debian where
# it may (root, apt), else says how to get them and ends with 1.
set -euo pipefail

declare -A package=(
  [cc]=gcc
  [make]=make
  [arm-none-eabi-gcc]="gcc-arm-none-eabi libnewlib-arm-none-eabi"
  [qemu-system-arm]=qemu-system-arm
  [riscv64-unknown-elf-gcc]="gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf"
  [qemu-system-riscv32]=qemu-system-misc
  [clang]=clang
  [clang-tidy]=clang-tidy
  [clang-format]=clang-format
  [cppcheck]=cppcheck
  [srec_cat]=srecord
)

wanted=()
for program in "${!package[@]}"; do
  command -v "$program" >/dev/null || wanted+=(${package[$program]})
done
[ -f /usr/include/cmocka.h ] || wanted+=(libcmocka-dev)
if [ ${#wanted[@]} -eq 0 ]; then
  exit 0
fi

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  if { apt-get install -y -qq "${wanted[@]}" || { apt-get update -qq && apt-get install -y -qq "${wanted[@]}"; }; } \
      >/dev/null 2>&1; then
    exit 0
  fi
  echo "apt-get could not install them" >&2
fi
echo "the firmware's tests need: apt install ${wanted[*]}" >&2
exit 1
