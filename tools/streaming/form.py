"""The streaming form of a float network of convolutions over time."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from streaming.graph import FLOAT32, INT32, RESOURCE, new_operator, new_tensor, op_of, values_of

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
TIME = 1
"""The axis of time in (1, time, 1, channels)."""


def streaming(model: Any) -> Any:
    """The network for one row of time a frame; the rows before are kept in variables.

    A chain of convolutions with VALID padding and stride 1 over time, and what follows a single
    row. Raises ValueError for another network.
    """
    (graph,) = model.subgraphs
    first = schema.SubGraphT()
    first.name, first.tensors, first.operators = "first values", [], []
    first.inputs = first.outputs = np.zeros(0, np.int32)
    model.subgraphs.append(first)
    start = new_operator(model, "CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=1)
    operators: list[Any] = [start]
    handles: list[Any] = []
    for operator in graph.operators:
        if op_of(model, operator) in CONVOLUTIONS:
            kernel = graph.tensors[operator.inputs[1]].shape[TIME]
            _require_streamable(operator)
            if kernel > 1:
                handle, more = _remember(model, operator, int(kernel) - 1, len(handles))
                handles.append(handle)
                operators += more
        operators.append(operator)
    _shorten(model, graph)
    graph.operators = [operators[0], *handles, *operators[1:]]
    return model


def _require_streamable(operator: Any) -> None:
    options = operator.builtinOptions
    valid = options.padding == schema.Padding.VALID
    if not valid or options.strideH != 1 or options.dilationHFactor != 1:
        raise ValueError("only convolutions with VALID padding and stride 1 are made streaming")


def _remember(model: Any, operator: Any, past: int, number: int) -> tuple[Any, list[Any]]:
    """VAR_HANDLE, and the operators that put ``past`` rows of the variable before the input."""
    graph, first = model.subgraphs
    source = int(operator.inputs[0])
    _, _, width, channels = (int(n) for n in graph.tensors[source].shape)
    name, shape = f"state {number}", (1, past, width, channels)
    handle = new_tensor(model, graph, name, (), kind=RESOURCE)
    read = new_tensor(model, graph, f"{name} read", shape, kind=FLOAT32)
    joined = new_tensor(
        model, graph, f"{name} joined", (1, past + 1, width, channels), kind=FLOAT32
    )
    kept = new_tensor(model, graph, f"{name} kept", shape, kind=FLOAT32)
    ends = [
        new_tensor(model, graph, f"{name} {end}", (4,), kind=INT32, values=np.array(at, np.int32))
        for end, at in (("begin", [0, 1, 0, 0]), ("end", [0, past + 1, 0, 0]), ("step", [1] * 4))
    ]
    operator.inputs = np.array([joined, *operator.inputs[1:]], np.int32)
    own = new_tensor(model, first, name, (), kind=RESOURCE)
    zeros = new_tensor(
        model, first, f"{name} first", shape, kind=FLOAT32, values=np.zeros(shape, np.float32)
    )
    first.operators += [
        _handle(model, own, name),
        new_operator(model, "ASSIGN_VARIABLE", [own, zeros], [], "AssignVariableOptions"),
    ]
    return _handle(model, handle, name), [
        new_operator(model, "READ_VARIABLE", [handle], [read], "ReadVariableOptions"),
        new_operator(model, "CONCATENATION", [read, source], [joined], "ConcatenationOptions",
                     axis=TIME),
        new_operator(model, "STRIDED_SLICE", [joined, *ends], [kept], "StridedSliceOptions",
                     beginMask=13, endMask=13),
        new_operator(model, "ASSIGN_VARIABLE", [handle, kept], [], "AssignVariableOptions"),
    ]  # fmt: skip


def _handle(model: Any, tensor: int, name: str) -> Any:
    return new_operator(
        model, "VAR_HANDLE", [], [tensor], "VarHandleOptions", sharedName=name, container=""
    )


def _shorten(model: Any, graph: Any) -> None:
    """One row of time in every computed tensor that had more and is none of a variable."""
    for tensor in graph.tensors:
        long = len(tensor.shape) == 4 and tensor.shape[TIME] > 1
        if long and values_of(model, tensor) is None and not str(tensor.name).startswith("state "):
            tensor.shape = np.array([1, 1, *tensor.shape[2:]], np.int32)
            tensor.shapeSignature = None
