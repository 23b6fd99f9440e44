"""Integers that follow from static shapes alone: what shape arithmetic computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np

from mendlite.checker.copies import COPIES, run_copy
from mendlite.checker.joins import run_join
from mendlite.checker.moves import run_pack, run_reshape, run_shape
from mendlite.checker.pairs import run_pair
from mendlite.checker.site import Site
from mendlite.checker.step import Array, RunningOperator

MOST = 2**10
"""Integers of an operator's outputs up to which they are followed."""

FOLLOWED: Mapping[str, Callable[[RunningOperator], Any]] = {
    "SHAPE": run_shape,
    "PACK": run_pack,
    "CONCATENATION": run_join,
    "MUL": run_pair,
    **dict.fromkeys(("RESHAPE", "SQUEEZE", "EXPAND_DIMS"), run_reshape),
    **dict.fromkeys(COPIES, run_copy),
}


def followed(site: Site) -> dict[int, Array]:
    """The outputs' values by tensor; none where they are computed with the samples.

    The operator was compared with the file before.
    """
    tensors = [site.graph.tensors[index] for index in site.op.outputs]
    kinds = {str(tensor.dtype) for tensor in tensors}
    few = sum(prod(tensor.shape) for tensor in tensors) <= MOST
    if site.op.name not in FOLLOWED or not few or not kinds <= {"int32", "int64"}:
        return {}
    values = [_known(site, index) for index in site.op.inputs]
    inputs = [v for v in values if v is not None]
    if site.op.name == "SHAPE":
        inputs = [np.zeros(0, np.int8)]
    elif len(inputs) < len(values):
        return {}
    step = RunningOperator(
        graph=site.graph, op=site.op, profile=site.profile, values=tuple(inputs), batched=False
    )
    made = FOLLOWED[site.op.name](step)
    outputs = made if isinstance(made, tuple) else (made,)
    return dict(zip(site.op.outputs, outputs, strict=True))


def _known(site: Site, index: int) -> Array | None:
    if index < 0:
        return np.zeros(0, np.int32)
    tensor = site.graph.tensors[index]
    if tensor.data is not None:
        return tensor.data
    return site.known.get(index)
