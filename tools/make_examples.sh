#!/usr/bin/env bash
# Train the models of docs/examples again, convert them, and write their samples.
# Usage: tools/make_examples.sh [KIND ...]
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/tensorflow.sh
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES= PYTHONDONTWRITEBYTECODE=1
for script in docs/examples/*/train.py; do
  kind=$(basename "$(dirname "$script")")
  if [ $# -gt 0 ] && [[ " $* " != *" $kind "* ]]; then continue; fi
  begin=$(date +%s)
  PYTHONPATH="tools:docs/examples/$kind" build/tf/bin/python "$script" 2>build/tf/log ||
    { cat build/tf/log >&2; exit 1; }
  echo "$kind: trained in $(($(date +%s) - begin)) s"
done
