#!/usr/bin/env bash
# Builds firmware with a stub of TFLite Micro, found as a user's would be, and asks it something.
# Boards other than the host are only linked: BOARDS="host mps2-an386" unit/tflm_stub/test.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

MAKE=${MAKE:-make}
BOARDS=${BOARDS:-host mps2-an386}
STUB=unit/tflm_stub
OUT=../build/firmware/tflm-stub
DIGITS=../targets/models/digits/int8.tflite
# Dense layers alone.
DENSE=../docs/examples/regression/int8.tflite

fail() {
  echo "tflm-stub-test: $*" >&2
  exit 1
}

build() {
  "$MAKE" --no-print-directory CC=gcc ENGINE=tflm "$@"
}

# Fails, and says this on one line.
refused() {
  local wanted=$1 said
  shift
  if said=$(build "$@" 2>&1); then fail "built, though it should not: $*"; fi
  [[ $said == *"$wanted"* ]] || fail "another message than '$wanted': $said"
}

rm -rf "$OUT"
mkdir -p "$OUT"
for board in $BOARDS; do
  tree=$OUT/tree-$board
  for type in release default; do
    CC=gcc $STUB/make_tree.sh "$tree" "$board" "$type"
  done
  built=$OUT/$board
  refused "more than one library" BOARD="$board" OUT="$built" TFLM="$tree"
  for type in release default; do
    build BOARD="$board" OUT="$built" TFLM="$tree" BUILD_TYPE="$type"
  done
  all=$(stat -c %s "$built/app/tflm/engine_tflm.o")
  # Another model, though its file is older than the list that was made.
  cp "$DENSE" "$OUT/older.tflite"
  touch -t 200001010000 "$OUT/older.tflite"
  for model in "$DIGITS" "$OUT/older.tflite"; do
    build BOARD="$board" OUT="$built" TFLM="$tree" BUILD_TYPE=release MODEL="$model"
  done
  if grep -q "CONV_2D" "$built/tflm/operators_of_model.def"; then
    fail "the operators are those of the model before"
  fi
  # Other options compile what they concern again.
  build BOARD="$board" OUT="$built" TFLM="$tree" BUILD_TYPE=release MODEL="$DIGITS" KEEP_TENSORS=1
  few=$(stat -c %s "$built/app/tflm/engine_tflm.o")
  ((few < all)) || fail "a model's operators alone are no less than all: $few and $all bytes"
  sort -u "$built/tflm/operators_of_model.def" | cut -d'(' -f2 | cut -d, -f1 >"$built/operators"
  [[ $(tr '\n' ' ' <"$built/operators") == "CONV_2D DEPTHWISE_CONV_2D "* ]] ||
    fail "the digits' operators: $(cat "$built/operators")"
done
refused "needs TFLM=path" BOARD=host
refused "is no checkout of tflite-micro" BOARD=host TFLM=unit
refused "has no library for" BOARD=host TFLM="$OUT/tree-host" KERNELS=cmsis_nn
refused "it is no .tflite file" BOARD=host TFLM="$OUT/tree-host" BUILD_TYPE=release MODEL=Makefile \
  OUT="$OUT/no-model"

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

# A firmware that does not fit says so on one line.
if [[ " $BOARDS " == *" mps2-an386 "* ]]; then
  said=$(port/link.sh small tflm sh -c \
    'echo "ld: region \`CODE'"'"' overflowed by 20480 bytes"; exit 1' 2>&1) && fail "an overflow passed"
  [[ $said == "small: the firmware is 20.0 KB larger than its flash: "*"MODEL="* ]] || fail "$said"
fi

# The adapter itself, under sanitizers, with and without kept tensors.
WARNINGS="-Wall -Wextra -Werror -Wconversion"
SANITIZE="-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
INCLUDES="-Iapp -Iwire -Iport"
DIALECT="-std=c++17 -fno-exceptions -fno-rtti -DTF_LITE_STATIC_MEMORY -I$STUB"
checked=$OUT/adapter
mkdir -p "$checked"
for source in app/engine/*.c app/engine/ops/*.c; do
  gcc -std=c11 $SANITIZE $WARNINGS $INCLUDES -include $STUB/engine_names.h -c "$source" \
    -o "$checked/$(basename "$source").o"
done
for source in app/tflm/check.c $STUB/check_adapter.c; do
  gcc -std=c11 $SANITIZE $WARNINGS $INCLUDES -c "$source" -o "$checked/$(basename "$source").o"
done
g++ $DIALECT $SANITIZE $WARNINGS $INCLUDES -include $STUB/engine_names.h -c $STUB/stub.cc \
  -o "$checked/stub.o"
for keep in "" -DMENDLITE_TFLM_KEEP_TENSORS; do
  g++ $DIALECT $SANITIZE $WARNINGS $INCLUDES $keep -c app/tflm/engine_tflm.cc \
    -o "$checked/engine_tflm.o"
  g++ $SANITIZE "$checked"/*.o -o "$checked/check_adapter"
  "$checked/check_adapter" "$DIGITS" || fail "the adapter ${keep:-without kept tensors}"
done
echo "tflm-stub-test: passed"
