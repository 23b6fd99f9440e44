"""A pool over all positions, and the MEAN that may stand in its place."""

from __future__ import annotations

import numpy as np

from mendlite.checker.graph import Graph
from mendlite.checker.step import ACTIVATIONS
from mendlite.errors import ClaimError

AXES = (1, 2)
"""Height and width of an activation [n, h, w, c]."""

INT8, INT32 = 9, 2


def require_global_pool(graph: Graph, index: int) -> None:
    """Raise ClaimError unless the operator averages each channel over all its positions.

    Its fused activation must change no mean of values that its input can hold.
    """
    op = graph.ops[index]
    source, output = (graph.tensors[t] for t in (op.inputs[0], op.outputs[0]))
    window = (int(op.option(4, "i")), int(op.option(3, "i")))
    whole = len(source.shape) == 4 and window == source.shape[1:3]
    if op.name != "AVERAGE_POOL_2D" or not whole or output.shape[1:3] != (1, 1):
        raise ClaimError(f"operator {index} {op.name} of the base file is no pool of all positions")
    if source.type != INT8 or source.quant is None or source.quant.scale.size != 1:
        raise ClaimError(f"operator {index}: its values are not int8 with one scale")
    low, high = ACTIVATIONS.get(int(op.option(5, "b")), (np.inf, -np.inf))
    ends = [source.scale * (end - source.zero) for end in (-128, 127)]
    if ends[0] < low or ends[1] > high:
        raise ClaimError(f"operator {index}: its fused activation clips, and MEAN has none")


def require_mean(graphs: tuple[Graph, Graph], places: tuple[int, int], axes: int) -> None:
    """Raise ClaimError unless the operator is a MEAN of the same input to the same output.

    ``places`` are its numbers in the two graphs.
    """
    before, op = (graph.ops[place] for graph, place in zip(graphs, places, strict=True))
    index = places[1]
    ends = (before.inputs[0], axes)
    if op.name != "MEAN" or op.inputs != ends or op.outputs != before.outputs:
        raise ClaimError(f"operator {index} {op.name}: it is no MEAN of the pool's ends")
    if op.option(0, "?", 0) is not True:
        raise ClaimError(f"operator {index} MEAN: it does not keep its axes")
    if not 0 <= axes < len(graphs[1].tensors):
        raise ClaimError(f"operator {index} MEAN: its axes do not exist")
    tensor = graphs[1].tensors[axes]
    right = tensor.type == INT32 and tensor.data is not None and tensor.shape == (len(AXES),)
    if not right or tensor.data is None or tuple(tensor.data.tolist()) != AXES:
        raise ClaimError(f"operator {index} MEAN: its axes are not {list(AXES)}")
    readers = [o.index for o in graphs[1].ops if axes in o.inputs and o.name != "MEAN"]
    if readers or axes in (*graphs[1].inputs, *graphs[1].outputs):
        raise ClaimError(f"operator {index} MEAN: something else reads its axes")
