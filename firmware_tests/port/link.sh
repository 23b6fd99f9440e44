#!/usr/bin/env bash
# link.sh BOARD ENGINE COMMAND...: links a firmware. Where it does not fit into the board's memory,
# one line says by how much and what to do instead of the linker's.
set -euo pipefail

board=$1 engine=$2
shift 2
if said=$("$@" 2>&1); then
  if [[ -n $said ]]; then echo "$said" >&2; fi
  exit 0
fi

# ld: region `CODE' overflowed by 20480 bytes
overflow=$(sed -nE "s/.*region .([A-Z]+). overflowed by ([0-9]+) bytes.*/\1 \2/p" <<<"$said" | sort -u)
if [[ -z $overflow ]]; then
  echo "$said" >&2
  exit 1
fi
advice="choose a board with more memory"
if [[ $engine == tflm ]]; then
  advice="register your model's operators alone (MODEL=path/to/model.tflite), use a library with BUILD_TYPE=release, or $advice"
fi
while read -r region bytes; do
  kind=$([[ $region == RAM ]] && echo RAM || echo flash)
  awk -v board="$board" -v kind="$kind" -v bytes="$bytes" -v advice="$advice" 'BEGIN {
    printf "%s: the firmware is %.1f KB larger than its %s: %s\n", board, bytes / 1024, kind, advice
  }' >&2
done <<<"$overflow"
exit 1
