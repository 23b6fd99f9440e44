"""The page of `make bench-peers`: other quantizers beside repaired files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peers.tools import PEERS

Row = dict[str, Any]

FOLDER = Path("docs") / "benchmarks"
DATA, PAGE = FOLDER / "peers.json", FOLDER / "peers.md"

PUBLISHED, OURS = "as published", "mendlite repair"
REPAIRED = "litert-quantizer's best, then mendlite repair"
ORDER = (PUBLISHED, OURS, *(peer.name for peer in PEERS), REPAIRED)

HEAD = """# Beside other quantizers

`make bench-peers` writes this page. Each tool quantizes the target's float model to int8 weights
and activations, calibrated with the target's repair samples (seed 0). `mendlite repair` starts from
the published int8 file, with the same samples. All figures are of the same held-out samples: a test
fails where the class differs from float's.

- Files (.tflite) are run on the reference kernels (tflm), and on LiteRT's own (*default*). ONNX
  Runtime and OpenVINO run what ONNX Runtime and NNCF make, a simulation what AIMET makes, up to the
  logits; those of the last layer may stay in floats there, and none of these files runs on a
  microcontroller as it is.
- *Expected* is the expected number of failing tests from the variance of the error in float's
  top-two logit difference: less noise than a count.
- *p* is the exact sign test's p-value against `mendlite repair` on the same tests.
- *commit*: of mendlite, when the row was measured.
- CPU seconds of a peer are those of quantizing alone, without imports; of mendlite those of the
  whole command, diagnosis, cross-check, validation and report included, and behind the stroke
  those of repairing alone.
"""

TOP = """
| tool | variant | failing | default | expected | KL | accuracy % | bytes | CPU s | p | commit |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|
"""


def read_rows(path: Path = DATA) -> list[Row]:
    """The rows that were measured."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def store(new: Row, data: Path = DATA, page: Path = PAGE) -> None:
    """Put one row in the place of the one before, and write the page."""
    key = ("target", "tool", "variant")
    rows = [r for r in read_rows(data) if any(r[k] != new[k] for k in key)] + [new]
    rows.sort(key=lambda r: ORDER.index(r["tool"]))
    data.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    page.write_text(written(rows), encoding="utf-8")


def written(rows: Sequence[Row]) -> str:
    """The page."""
    parts = [HEAD, _tools()]
    for target in sorted({row["target"] for row in rows}):
        own = [row for row in rows if row["target"] == target]
        parts.append(f"\n## {target}\n\n{own[0]['samples']:,} held-out samples. {_best(own)}\n")
        parts.append(TOP + "".join(map(_line, own)))
    return "".join(parts)


def _tools() -> str:
    lines = "".join(f"| {p.name} | {p.packages} | {p.needs} |\n" for p in PEERS)
    return "\n| tool | versions | needs |\n|---|---|---|\n" + lines


def _best(rows: Sequence[Row]) -> str:
    """Ours beside the best peer's."""
    ours = [r for r in rows if r["tool"] == OURS and r["failing"] is not None]
    peers = [r for r in rows if r["tool"] not in (PUBLISHED, OURS, REPAIRED)]
    counted = [r for r in peers if r["failing"] is not None]
    if not ours or not counted:
        return ""
    best = min(counted, key=lambda r: r["failing"])
    return (
        f"`mendlite repair` leaves {ours[0]['failing']}, the best other tool "
        f"({best['tool']}, {_variant(best)}) {best['failing']}."
    )


def _variant(row: Row) -> str:
    named = {peer.name: peer.variants for peer in PEERS}
    return named.get(row["tool"], {}).get(row["variant"], row["variant"])


def _line(row: Row) -> str:
    tool = f"**{row['tool']}**" if row["tool"] == OURS else row["tool"]
    if row["failing"] is None:
        why = row["why"].replace("|", "/").replace("\n", " ")
        return f"| {tool} | {_variant(row)} | {why} | | | | | | | | |\n"
    cells = (
        tool, _variant(row), f"{row['failing']}", _or_dash(row["default"], "d"),
        f"{row['expected']:.1f}", f"{row['loss']:.3g}", _percent(row["accuracy"]),
        f"{row['bytes']:,}" if row["bytes"] else "-", _seconds(row),
        _or_dash(row["p"], ".2g"), row["commit"],
    )  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def _seconds(row: Row) -> str:
    alone = row.get("alone")
    return f"{row['cpu_seconds']:.0f}" + ("" if alone is None else f" / {alone:.0f}")


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
