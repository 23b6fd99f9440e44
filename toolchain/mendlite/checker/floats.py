"""Float operators between integers: where a last bit may decide a stored value."""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.checker.copies import COPIES
from mendlite.checker.graph import Graph

EXACT = frozenset({
    *COPIES, "DEQUANTIZE", "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "PACK", "CONCATENATION", "GATHER",
    "GATHER_ND", "ADD", "SUB", "MUL", "DIV", "MINIMUM", "MAXIMUM", "REDUCE_MAX", "REDUCE_MIN",
    "MAX_POOL_2D", "RELU", "RELU6", "RELU_N1_TO_1", "CAST", "PRELU", "LEAKY_RELU", "SQRT",
    "SELECT", "SELECT_V2", "NEG",
})  # fmt: skip
"""Operators whose float results IEEE 754 defines to the last bit."""


UNDEFINED = "were not found again: last bits of float operators before them may decide"


def behind_floats(graph: Graph, tensors: Sequence[int]) -> bool:
    """Whether an operator whose last bits are not defined is in the way to ``tensors``."""
    wanted = set(tensors)
    for op in reversed(graph.ops):
        if wanted.isdisjoint(op.outputs):
            continue
        wanted.update(op.inputs)
        floats = any(str(graph.tensors[t].dtype) == "float32" for t in op.outputs)
        if floats and op.name not in EXACT:
            return True
    return False
