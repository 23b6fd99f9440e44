#!/usr/bin/env bash
# Make a small character GPT in the folder $1 (build/gpt): float, static int8, and int8 and int4 weights.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-build/gpt}
. tools/tensorflow.sh
. tools/litert.sh
TF_CPP_MIN_LOG_LEVEL=3 build/tf/bin/python tools/make_transformer.py "$folder"
build/litert/bin/python tools/quantize_dynamic.py "$folder/float.tflite" 4 "$folder/int4.tflite"
