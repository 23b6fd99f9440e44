"""Kernels of gathers, reductions, products of two tensors, CAST and RESIZE_BILINEAR."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mendlite.checker import gathers, products, reductions
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
}
