"""Operators whose kernels take the samples along an axis of their own, before the file's axes.

They may work along any axis of the file: none of them runs sample by sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mendlite.prepare import broadcasting, comparing, matrices, reductions, resizing
from mendlite.prepare.copies import COPIES, copies
from mendlite.prepare.view import Inferred, Preparation

COMPUTING: Mapping[str, Callable[[Preparation], Inferred]] = {
    "MINIMUM": broadcasting.extreme,
    "MAXIMUM": broadcasting.extreme,
    "SQUARED_DIFFERENCE": broadcasting.squared_difference,
    "PRELU": broadcasting.prelu,
    "DIV": broadcasting.divide,
    "CAST": broadcasting.cast,
    **dict.fromkeys(
        ("LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL"), comparing.compare
    ),
    "LOGICAL_AND": comparing.logical,
    "LOGICAL_OR": comparing.logical,
    "LOGICAL_NOT": comparing.logical_not,
    "SELECT": comparing.select,
    "SELECT_V2": comparing.select,
    "NEG": comparing.negate,
    "REDUCE_MAX": reductions.extreme,
    "REDUCE_MIN": reductions.extreme,
    "SUM": reductions.total,
    "ARG_MAX": reductions.arg_max,
    "CUMSUM": reductions.cumulative,
    "L2_NORMALIZATION": reductions.normalized,
    "RESIZE_BILINEAR": resizing.bilinear,
    "BATCH_MATMUL": matrices.batch_matmul,
}
"""Those that compute, with one output."""

APART: Mapping[str, Callable[[Preparation], Inferred | tuple[Inferred, ...]]] = {
    **dict.fromkeys(COPIES, copies),
    **COMPUTING,
}
"""All of them: what each writes."""
