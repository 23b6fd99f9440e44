#!/usr/bin/env bash
# Builds the firmware with a stub of TFLite Micro and asks it something. Boards other than the host
# are only linked: BOARDS="host mps2-an386" unit/tflm_stub/test.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

MAKE=${MAKE:-make}
CC=gcc
CXX=g++
BOARDS=${BOARDS:-host mps2-an386}
STUB=unit/tflm_stub
OUT=../build/firmware/tflm-stub
DIGITS=../targets/models/digits/int8.tflite
WARNINGS="-Wall -Wextra -Werror -Wconversion"
DIALECT="-fno-exceptions -fno-rtti -DTF_LITE_STATIC_MEMORY"
INCLUDES="-Iapp -Iwire -Iport"

fail() {
  echo "tflm-stub-test: $*" >&2
  exit 1
}

# The library's compiler flags must be the board's, as with the real one.
stub_flags() {
  printf 'include port/boards.mk\nshow:\n\t@echo $(patsubst %%gcc,%%g++,$(PORT_CC)) $(PORT_CFLAGS)\n' |
    "$MAKE" --no-print-directory -s -f - CC="$CC" BOARD="$1" show
}

mkdir -p "$OUT"
for board in $BOARDS; do
  built=$OUT/$board
  mkdir -p "$built"
  library=$built/libstub.a
  rm -f "$library"
  compiler=$(stub_flags "$board")
  $compiler -std=c++17 -O2 -ffunction-sections $WARNINGS $DIALECT -I$STUB $INCLUDES \
    -c $STUB/stub.cc -o "$built/stub.o"
  archiver=${compiler%% *}
  "${archiver/%g++/ar}" rcs "$library" "$built/stub.o"
  "$MAKE" --no-print-directory CC="$CC" BOARD="$board" OUT="$built" TFLM_INC=$STUB TFLM_LIB="$library"
done

# The harness answers, without a model and with one in its flash.
ask() {
  printf '%s' "$1" | timeout 20 "$OUT/host/firmware.elf" | tr -d '\r'
}
if [[ " $BOARDS " == *" host "* ]]; then
  answer=$(ask 'name%') || fail "the firmware ended with an error"
  [[ $answer == *'m-name-dut-[mendlite]'*'m-ready'* ]] || fail "no name: $answer"
  answer=$(MENDLITE_FLASH=$DIGITS ask 'db load 2%db 0a0b%db print%') || fail "it ended with an error"
  # Room for input there is only once the model has been opened.
  [[ $answer == *'m-buffer-0a-0b'* ]] || fail "the model in flash was not opened: $answer"
fi

# The adapter itself, under sanitizers.
SANITIZE="-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
checked=$OUT/adapter
mkdir -p "$checked"
for source in app/engine/flatbuffer.c app/engine/model.c app/tflm/check.c $STUB/check_adapter.c; do
  "$CC" -std=c11 $SANITIZE $WARNINGS $INCLUDES -c "$source" -o "$checked/$(basename "$source").o"
done
for source in app/tflm/engine_tflm.cc $STUB/stub.cc; do
  "$CXX" -std=c++17 $SANITIZE $WARNINGS $DIALECT -I$STUB $INCLUDES -c "$source" \
    -o "$checked/$(basename "$source").o"
done
"$CXX" $SANITIZE "$checked"/*.o -o "$checked/check_adapter"
"$checked/check_adapter" "$DIGITS" || fail "the adapter"
echo "tflm-stub-test: passed"
