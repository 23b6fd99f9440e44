#!/usr/bin/env bash
# Make targets/models/digits again.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/tensorflow.sh
TF_CPP_MIN_LOG_LEVEL=3 build/tf/bin/python tools/make_digits_target.py targets/models/digits
