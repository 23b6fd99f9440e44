"""The table of `make bench-int4` with files of other tools beside repaired ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from recover_marks import Run

Row = dict[str, Any]

PEERS_FILE = Path("docs") / "benchmarks" / "int4_peers.json"

ALGORITHMS = {
    "min_max": "min-max", "octav": "OCTAV", "mse": "MSE", "gptq": "GPTQ", "oscar": "OSCAR",
}  # fmt: skip
"""Those of litert-quantizer 0.11 that give 4 bits, by the names of tools/litert_files.py."""

HEAD = """
## Beside other tools

The same float models at 4 bits by the algorithms of litert-quantizer 0.11, calibrated with the same
repair samples (seed 0), scored on the same held-out samples and by the same kernels. OCTAV and MSE
choose scales; GPTQ and OSCAR round dense layers alone, and convolutions are min-max's there. A row
`mendlite repair` is the target's file, made by min-max, after its repair: the median over the
seeds; a target without it was not measured yet. CPU seconds are those of one file from start to
end.

| target | file | bytes | failing | accuracy (%) | CPU seconds |
|---|---|---|---|---|---|
"""

OTHERS = """
AIMET (`aimet-onnx` 2.42) has no row: by its documentation it reads ONNX and PyTorch
models and no `.tflite`, so its AdaRound and sequential MSE cannot start from these float files.
AdaRound as published is the strategy `adaround` of `mendlite repair`.
"""


def read_rows(path: Path = PEERS_FILE) -> list[Row]:
    """The rows that were measured."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def section(rows: Sequence[Row], runs: Sequence[Run]) -> str:
    """The section, empty without rows. ``runs`` are our repairs."""
    if not rows:
        return ""
    lines = []
    for target in dict.fromkeys(row["target"] for row in rows):
        lines += [_line(row) for row in rows if row["target"] == target]
        own = [r for r in runs if r["target"] == target and r["asked"] is None]
        lines += [_own(target, own)] if own else []
    return HEAD + "\n".join(lines) + "\n" + OTHERS


def _line(row: Row) -> str:
    name = f"litert-quantizer, {ALGORITHMS[row['algorithm']]}"
    size = f"{row['bytes']:,}" if row["bytes"] else "-"
    why = row["why"].replace("|", "/")
    failing = why if row["failing"] is None else f"{row['failing']:g}"
    cells = (row["target"], name, size, failing, _percent(row["accuracy"]))
    return f"| {' | '.join(cells)} | {row['cpu_seconds']:.0f} |"


def _own(target: str, runs: Sequence[Run]) -> str:
    failing = median(run["failing"][1] for run in runs)
    accuracies = [run["accuracy"][2] for run in runs if run["accuracy"][2] is not None]
    share = _percent(median(accuracies) if accuracies else None)
    size = runs[0].get("bytes")
    cells = (
        target, "**mendlite repair**", f"{size:,}" if size else "as min-max", f"{failing:g}", share
    )  # fmt: skip
    return f"| {' | '.join(cells)} | {median(run['cpu_seconds'] for run in runs):.0f} |"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
