#!/usr/bin/env bash
# Resolve constraints.txt for every supported Python at once. Usage: tools/lock.sh .venv/bin
set -euo pipefail
bin=$1
cd "$(dirname "$0")/.."
"$bin/python" -m pip install --quiet uv
"$bin/uv" pip compile --quiet --universal --python-version 3.10 --all-extras \
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade \
  --output-file constraints.txt pyproject.toml
sed -i '1i # Versions that were tried, for Python 3.10 to 3.13; made by `make lock`.' constraints.txt
# Its newest release refuses the very Pythons on which ai-edge-litert asks for it.
sed -i '/^backports-strenum/d' constraints.txt
