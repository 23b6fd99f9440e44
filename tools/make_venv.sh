#!/usr/bin/env bash
# Make the project's virtual environment and install mendlite into it, editable, at the
# versions of constraints.txt. Usage: PYTHON=python3 tools/make_venv.sh .venv
set -euo pipefail
venv=$1
python=${PYTHON:-python3}
cd "$(dirname "$0")/.."

command -v "$python" >/dev/null || { echo "make: '$python' not found; set PYTHON=" >&2; exit 2; }
"$python" - <<'PY' || exit 2
import sys
if not (3, 10) <= sys.version_info < (3, 14):
    sys.exit(f"make: Python 3.10 to 3.13 is needed, this is {sys.version.split()[0]}; set PYTHON=")
PY

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian splits venv off its Python.
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      apt-get update -qq && apt-get install -y -qq "$package" >/dev/null
    else
      echo "make: this Python has no venv; install it: sudo apt-get install $package" >&2
      exit 2
    fi
  fi
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi

echo "installing mendlite and what it needs into $venv (once; a few minutes)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  --constraint constraints.txt \
  --editable '.[dev,docs,report,ota,images,audio,hdf5,tfrecord,sign,smt,solvers,dask,int4,tflm,tflite-runtime]'
