#!/usr/bin/env bash
# Make targets/models/digits again. TensorFlow goes into an environment of its own, build/tf/.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
if [ ! -x build/tf/bin/python ]; then
  "$python" -m venv build/tf
  build/tf/bin/python -m pip install --quiet --disable-pip-version-check \
    "tensorflow-cpu>=2.21,<2.22" "scikit-learn>=1.4,<2"
fi
TF_CPP_MIN_LOG_LEVEL=3 build/tf/bin/python tools/make_digits_target.py targets/models/digits
