"""Kernels of gathers, reductions, products, comparisons, CAST and RESIZE_BILINEAR."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mendlite.checker import comparing, gathers, products, reductions
from mendlite.checker.resizing import run_bilinear
from mendlite.checker.step import Array, RunningOperator

KERNELS: Mapping[str, Callable[[RunningOperator], Array]] = {
    "GATHER": gathers.run_gather,
    "GATHER_ND": gathers.run_gather,
    "MINIMUM": reductions.run_extreme,
    "MAXIMUM": reductions.run_extreme,
    "REDUCE_MAX": reductions.run_reduction,
    "REDUCE_MIN": reductions.run_reduction,
    "SUM": reductions.run_reduction,
    "ARG_MAX": reductions.run_arg_max,
    "CUMSUM": reductions.run_running_sum,
    "CAST": reductions.run_cast,
    "L2_NORMALIZATION": reductions.run_normalization,
    "RESIZE_BILINEAR": run_bilinear,
    "BATCH_MATMUL": products.run_matrices,
    "SQUARED_DIFFERENCE": products.run_squared_difference,
    "PRELU": products.run_prelu,
    "DIV": products.run_quotient,
    **dict.fromkeys(comparing.COMPARISONS, comparing.run_comparison),
    **dict.fromkeys(("LOGICAL_AND", "LOGICAL_OR"), comparing.run_logic),
    "LOGICAL_NOT": comparing.run_not,
    **dict.fromkeys(("SELECT", "SELECT_V2"), comparing.run_select),
    "NEG": comparing.run_negative,
}
