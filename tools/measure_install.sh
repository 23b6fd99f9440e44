#!/usr/bin/env bash
# Measure `pip install` of a wheel in a new environment: packages, megabytes and seconds.
# Usage: tools/measure_install.sh 'dist/mendlite-0.1.0-py3-none-any.whl[ota,report]' [package ...]
# PYTHON= picks the Python. Further packages, such as 'numpy<2', are there before; what pip then
# changes of them is listed.
set -euo pipefail
export LC_ALL=C
wheel=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" -m venv "$folder/venv"
python=$folder/venv/bin/python
pip() { "$python" -m pip --quiet --disable-pip-version-check "$@"; }
packages() { "$python" -m pip list --disable-pip-version-check --format freeze 2>/dev/null | sort; }
megabytes() { du --summarize --block-size=1M "$folder/venv" | cut -f1; }

[ $# -eq 0 ] || pip install "$@"
packages >"$folder/before"
size=$(megabytes)
# Into pip's cache: the network is not measured.
pip download --dest "$folder/downloads" "$wheel"
TIMEFORMAT='seconds:   %R, of CPU %U'
time pip install "$wheel"
packages >"$folder/after"

"$python" --version
names() { cut -d= -f1 "$folder/$1" | sort; }
echo "packages:  $(comm -13 <(names before) <(names after) | wc -l)"
echo "megabytes: $(($(megabytes) - size))"
changed=$(comm -23 "$folder/before" "$folder/after" | paste -sd' ')
echo "changed:   ${changed:-nothing that was there}"
