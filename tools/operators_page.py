"""The page of the supported operators and models: the program's registries, and public files."""

from __future__ import annotations

from collections.abc import Iterable

from corpus_check.findings import stored
from corpus_check.page import tables
from mendlite.checker.evaluate import KERNELS
from mendlite.model.graph import LAYER_OPS
from mendlite.model.operator_kinds import CONTROL_FLOW, STATEFUL
from mendlite.model.recurrent import LSTM
from mendlite.model.svdf import SVDF
from mendlite.replay.reference.apart import WHOLE
from mendlite.replay.reference.execute import PREPARE
from mendlite.tflite.compiled import COMPILED
from mendlite.tflite.scale_groups import NORMALIZED, PASS_THROUGH, RESCALABLE
from mendlite.tflite.support import WEIGHT_REASONS

HEAD = """# Supported operators and models

`make docs` writes this page from the program, `make corpus` what it found of public files.

mendlite reads TFLite files of schema version 3 with any number of inputs and outputs, of one
subgraph and those that give variables their first values, or of
[several signatures](SPEC.md#signatures). It repairs static int8 files (int8 weights, or int4 ones
of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED, per tensor or per channel, int32 biases), int16x8
files (int16 activations, int8 weights, int64 or int32 biases), uint8 files of TF 1 (weights with a
zero-point, per tensor) and dynamic-range files (int8 weights, or int4 ones of CONV_2D and
FULLY_CONNECTED, there also with a scale for each block; float activations).

## Operators that its kernels run

Each in int8 and uint8, bit by bit as TFLite Micro or LiteRT computes it (uint8 layers: as LiteRT
and tflite-runtime do, TFLite Micro has none), in float32, and in int16 where
[SPEC.md](SPEC.md#what-is-accepted-at-preparation) lists it. Speed: samples a second in those of
LiteRT's reference kernels on the same operator alone, one thread each, the median over the public
files that have it.

| operator | weights and biases are repaired | ranges around it may change | speed |
|---|---|---|---|
"""

BESIDE = """
Any other operator that LiteRT or TFLite Micro runs is run by them, alone, and named in the reports
([SPEC.md](SPEC.md#operators-run-by-the-interpreter)). It is not repaired; the ranges at its ends
stay. So are operators of this table with types or options that mendlite's kernels lack.
"""

LEFT = """
Of the table's operators these types have no kernel here:

- `DIV` of int8 by computed values: no runtime defines a quotient by 0, nor one that it shifts by
  more than 31 bits, and the samples decide whether there is one.
- `SUM` of int8 and int16 under `tflite_ref`, and of uint8: LiteRT's sums of int8 and int16 are not
  those that scales and zero-points make, and TFLite Micro has no `SUM` of uint8.
- `NEG` of uint8: no runtime has one.

On boards TFLite Micro, and so mendlite's engine, compares no int16 and negates no int8 and int16.
"""

STATE = """
## State

Values that the model keeps from one frame of a recording to the next lie in variables:
{operators}.
Constants of an initialising subgraph are their first values, with which each recording begins. A
first value that is computed and a variable without one are refused.
"""


FILES = """
## Public files

`make corpus` reads and replays each with random inputs, and compares all integer tensors with
LiteRT's reference kernels and TFLite Micro; `make corpus FOLDER=...` does the same for files of
your own. The second column names the operators that an interpreter runs; mendlite's kernels run
the others.

"""


def operators_page() -> str:
    """The page."""
    found = stored()
    ratios = found.ratios()
    rows = "".join(_row(op, ratios.get(op)) for op in sorted({*PREPARE, *WHOLE}))
    refused = (
        ("control flow", CONTROL_FLOW),
        ("a custom operator that no runtime registers", ["CUSTOM"]),
    )
    return (
        HEAD
        + rows
        + _checked()
        + BESIDE
        + LEFT
        + STATE.format(operators=_names(STATEFUL))
        + "\n## Files that are not repaired\n\n| found | operators or types |\n|---|---|\n"
        + "".join(f"| {why} | {_names(ops)} |\n" for why, ops in refused)
        + "".join(f"| {why} | `{dtype.value}` |\n" for dtype, why in WEIGHT_REASONS.items())
        + "".join(f"| {why} | `{op}` |\n" for op, why in sorted(COMPILED.items()))
        + "| sparse weights without DENSIFY; "
        + "more subgraphs than signatures and variables lead to | |\n"
        + FILES
        + tables(found)
    )


CHECKED = """
`mendlite check` computes them again by kernels of its own; it has none of {lacking}, so
a certificate over a file with one ends as not verified.
"""

SPARSE = """
`DENSIFY` is run on computers alone: neither TFLite Micro nor mendlite's engine on boards reads
sparse constants. For a board, convert the model without them. A layer whose weights lie behind
`DENSIFY` is run by the interpreter and not edited; the checker computes it again.
"""


def _checked() -> str:
    """What the checker has kernels of, and what no board runs, in two sentences."""
    return _kernels_of_the_checker() + SPARSE


def _kernels_of_the_checker() -> str:
    lacking = {*PREPARE, *WHOLE} - KERNELS.keys()
    if not lacking:
        return "\n`mendlite check` computes all of them again by kernels of its own.\n"
    return CHECKED.format(lacking=_names(lacking))


def _row(op: str, ratio: float | None) -> str:
    layer = "yes" if op in {*LAYER_OPS, LSTM, SVDF} else "-"
    if op in {*RESCALABLE, LSTM, SVDF}:
        ranges = "yes"
    elif op in PASS_THROUGH:
        ranges = "together: it copies bytes"
    else:
        ranges = "its input" if op in NORMALIZED else "-"
    speed = "-" if ratio is None else f"{ratio:.{0 if ratio >= 10 else 1}f} x"
    return f"| `{op}` | {layer} | {ranges} | {speed} |\n"


def _names(ops: Iterable[str]) -> str:
    return ", ".join(f"`{op}`" for op in sorted(ops))
