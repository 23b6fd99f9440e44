#!/usr/bin/env bash
# Train the networks of `make bench-paper` that are not under build/paper/ yet.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/tensorflow.sh
: "${MENDLITE_DATA:?set it to the folder of the real models}"
TF_CPP_MIN_LOG_LEVEL=3 build/tf/bin/python tools/make_paper_networks.py
