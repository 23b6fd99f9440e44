"""The output of each operator, inferred again and compared with the file (table: docs/SPEC.md).

The checker's own code: after TFLite's and TFLite Micro's ``Prepare``, operator by operator.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import prod

import numpy as np

from mendlite.checker import prepare_copies, prepare_lstm, prepare_svdf, svdf
from mendlite.checker.copies import COPIES
from mendlite.checker.curves import CURVES
from mendlite.checker.followed import followed
from mendlite.checker.graph import DENSIFY, LSTM, STATES, SVDF, Graph, Op
from mendlite.checker.prepare_comparing import RULES as COMPARING
from mendlite.checker.prepare_curves import curve
from mendlite.checker.prepare_joins import concatenation
from mendlite.checker.prepare_layers import conv, dense, depthwise
from mendlite.checker.prepare_more import RULES as MORE
from mendlite.checker.prepare_moves import densify, expand, pack, reshape, sliced, squeeze
from mendlite.checker.prepare_pairs import pair
from mendlite.checker.prepare_turned import transposed
from mendlite.checker.prepare_values import (
    dequantize,
    log_softmax,
    mean,
    pool,
    quantize,
    sizes,
    softmax,
)
from mendlite.checker.site import Found, Site, named
from mendlite.checker.step import Array
from mendlite.checker.tensor import TensorView
from mendlite.checker.variables import STATE, require_variable
from mendlite.errors import MalformedModelError, UnsupportedModelError

RULES: Mapping[str, Callable[[Site], Found | list[Found]]] = {
    "CONV_2D": conv,
    "DEPTHWISE_CONV_2D": depthwise,
    "FULLY_CONNECTED": dense,
    "TRANSPOSE_CONV": transposed,
    LSTM: prepare_lstm.lstm,
    SVDF: prepare_svdf.svdf,
    "ADD": pair,
    "SUB": pair,
    "MUL": pair,
    **dict.fromkeys(CURVES, curve),
    "CONCATENATION": concatenation,
    "AVERAGE_POOL_2D": pool,
    "MAX_POOL_2D": pool,
    "MEAN": mean,
    "SOFTMAX": softmax,
    "LOG_SOFTMAX": log_softmax,
    "QUANTIZE": quantize,
    "DEQUANTIZE": dequantize,
    "RESHAPE": reshape,
    "SQUEEZE": squeeze,
    "EXPAND_DIMS": expand,
    "SHAPE": sizes,
    DENSIFY: densify,
    "PACK": pack,
    "STRIDED_SLICE": sliced,
    "PAD": prepare_copies.pad,
    "PADV2": prepare_copies.pad,
    "TRANSPOSE": prepare_copies.transpose,
    "SPLIT": prepare_copies.split,
    "SPLIT_V": prepare_copies.split_v,
    "UNPACK": prepare_copies.alike(prepare_copies.unpack, symmetric=False),
    "SLICE": prepare_copies.slice_,
    "REVERSE_V2": prepare_copies.reverse,
    "TILE": prepare_copies.tile,
    "BROADCAST_TO": prepare_copies.broadcast_to,
    "MIRROR_PAD": prepare_copies.alike(prepare_copies.mirror),
    "SPACE_TO_DEPTH": prepare_copies.space_to_depth,
    "DEPTH_TO_SPACE": prepare_copies.depth_to_space,
    "SPACE_TO_BATCH_ND": prepare_copies.alike(prepare_copies.space_to_batch),
    "BATCH_TO_SPACE_ND": prepare_copies.alike(prepare_copies.batch_to_space),
    "RESIZE_NEAREST_NEIGHBOR": prepare_copies.nearest,
    **MORE,
    **COMPARING,
}
"""(shape, type) of an operator's output by its name, or of all of its outputs.

The shape is None where data decide it.
"""

MOST_BYTES = 2**31
"""Bytes of one sample's tensors and of the operator that runs."""

WIDE = 8
"""Bytes of a value in a kernel: int64 or float64."""

MOST_PRODUCTS = 2**38
"""Products of one operator for one sample."""

MOST_OPS, MOST_INPUTS = 2**14, 2**10
"""Operators and inputs of a graph that is run."""

SPREADING = frozenset({*COPIES, "RESIZE_BILINEAR", "BATCH_MATMUL", "GATHER", "GATHER_ND"})
"""Operators that hold places or parts of their inputs besides."""

WINDOWED = ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D")


def require_prepared(graph: Graph, profile: str, ops: Sequence[Op]) -> None:
    """Hold ``ops``, in order, against the file.

    Raises MalformedModelError where the file contradicts itself or TFLite does not run it,
    UnsupportedModelError where the checker does not; both name operator and tensor.
    """
    _require_few(graph, ops)
    _require_inputs(graph)
    _require_sane(ops)
    known: dict[int, Array] = {}
    written: set[int] = set()
    for op in ops:
        site = Site(graph=graph, op=op, profile=profile, values=(), batched=False, known=known)
        if op.name in STATE:
            require_variable(site, graph.variables)
            _require_state_sound(site, written)
            written.update(op.outputs)
            continue
        _require_sound(site, written)
        # What a file's extreme scales make infinite is compared with a bound, and refused there.
        with np.errstate(over="ignore", divide="ignore"):
            found = RULES[op.name](site)
        _require_written(site, found if isinstance(found, list) else [found])
        written.update(op.outputs)
        known.update(followed(site))
    require_room(graph, ops)


def _require_written(site: Site, found: list[Found]) -> None:
    """The outputs' shapes and types are those that the operator writes."""
    for index, (shape, kind) in zip(site.op.outputs, found, strict=True):
        output = site.graph.tensors[index]
        if kind != str(output.dtype) or (shape is not None and shape != output.shape):
            given = output.shape if shape is None else shape
            raise site.wrong(
                f"its output, {named(output)}, is {output.dtype} {list(output.shape)} in the file, "
                f"but the operator writes {kind} {list(given)}"
            )


def _require_few(graph: Graph, ops: Sequence[Op]) -> None:
    if len(ops) > MOST_OPS or len(graph.inputs) > MOST_INPUTS:
        raise UnsupportedModelError(
            f"{len(ops):,} operators and {len(graph.inputs):,} inputs: the checker runs at most "
            f"{MOST_OPS:,} and {MOST_INPUTS:,}"
        )


def _require_inputs(graph: Graph) -> None:
    for index in graph.inputs:
        tensor = graph.tensors[index]
        if tensor.data is not None or graph.inputs.count(index) > 1 or tensor.dtype is None:
            raise MalformedModelError(f"input {named(tensor)} is a constant, or named twice")
        if not tensor.shape or min(tensor.shape) < 1:
            raise UnsupportedModelError(
                f"input {named(tensor)} has shape {list(tensor.shape)}: a scalar, or empty"
            )


def _require_sane(ops: Sequence[Op]) -> None:
    for op in (op for op in ops if op.name not in STATE):
        many = op.name in SEVERAL_OUTPUTS and op.outputs
        if (len(op.outputs) != 1 and not many) or not op.inputs or op.inputs[0] < 0:
            raise MalformedModelError(
                f"operator {op.index} {op.name}: its first input or its only output is missing"
            )


SEVERAL_OUTPUTS = frozenset({"SPLIT", "SPLIT_V", "UNPACK"})


def _require_sound(site: Site, written: Collection[int]) -> None:
    """Every tensor is there, not empty, and its output is nothing else."""
    states = STATES.get(site.op.name, ())
    for slot, index in enumerate(site.op.inputs):
        if index >= 0 and not (slot in states and site.graph.tensors[index].is_variable):
            _require_readable(site, index, written)
    _require_outputs(site, written)


def _require_state_sound(site: Site, written: Collection[int]) -> None:
    """The same of what an operator of variables reads or stores."""
    if site.op.name == "ASSIGN_VARIABLE":
        _require_readable(site, site.op.inputs[1], written)
    if site.op.name == "READ_VARIABLE":
        _require_outputs(site, written)


def _require_readable(site: Site, index: int, written: Collection[int]) -> None:
    tensor, graph = site.graph.tensors[index], site.graph
    computed = index in written or index in graph.inputs
    if tensor.dtype is None:
        raise site.unsupported(f"the type of {named(tensor)}")
    if tensor.is_variable:
        raise site.unsupported(f"the variable {named(tensor)}")
    held = tensor.data if site.op.name != DENSIFY else tensor.known
    if not computed and held is None and 0 not in tensor.shape:
        raise site.wrong(f"nothing writes {named(tensor)}")
    if min(tensor.shape, default=1) < 1 and (computed or tensor.shape != (0,)):
        raise site.wrong(f"{named(tensor)} of shape {list(tensor.shape)} is empty")


def _require_outputs(site: Site, written: Collection[int]) -> None:
    graph = site.graph
    if len(set(site.op.outputs)) < len(site.op.outputs):
        raise site.wrong("an output is named twice")
    for output in (graph.tensors[index] for index in site.op.outputs):
        fixed = output.data is not None or output.is_variable
        if fixed or output.index in written or output.index in graph.inputs:
            raise site.wrong(f"{named(output)} is written twice, or no output")
        if output.dtype is None or min(output.shape, default=1) < 1:
            raise site.wrong(f"its output, {named(output)}, of shape {list(output.shape)} is empty")


def require_room(graph: Graph, ops: Sequence[Op]) -> None:
    """Raise UnsupportedModelError where a sample takes too much memory or too many products."""
    touched = {t for op in ops for t in (*op.inputs, *op.outputs) if t >= 0} | set(graph.inputs)
    stored = sum(_bytes(graph.tensors[t]) for t in touched)
    for op in ops:
        values, products = _working(graph, op)
        taken = stored + WIDE * values
        if taken > MOST_BYTES or products > MOST_PRODUCTS:
            raise UnsupportedModelError(
                f"operator {op.index} {op.name}: the checker does not run it: one sample needs "
                f"{taken:,} bytes and {products:,} products"
            )


def most_values(graph: Graph, ops: Sequence[Op]) -> int:
    """The most values of 64 bits that an operator holds for one sample."""
    return max((_working(graph, op)[0] for op in ops), default=1)


def _bytes(tensor: TensorView) -> int:
    known = tensor.data is None and tensor.dtype is not None
    return prod(tensor.shape) * tensor.dtype.itemsize if known and tensor.dtype else 0


def _working(graph: Graph, op: Op) -> tuple[int, int]:
    """(values of 64 bits that an operator holds, its products) for one sample."""
    if op.name in STATE:
        return 0, 0
    if op.name in WORK:
        return WORK[op.name](graph, op)
    output = sum(prod(graph.tensors[index].shape) for index in op.outputs)
    if op.name in SPREADING:
        read = sum(prod(graph.tensors[t].shape) for t in op.inputs if t >= 0)
        return 4 * (output + read), output * _terms(graph, op)
    if op.name == "FULLY_CONNECTED" and len(op.inputs) > 1:
        return 3 * output, output * prod(graph.tensors[op.inputs[1]].shape[1:])
    shape = graph.tensors[op.inputs[0]].shape
    if op.name not in WINDOWED or len(shape) != 4:
        return 3 * output, output
    size, reach = _window(graph, op)
    padded = shape[0] * (shape[1] + reach[0]) * (shape[2] + reach[1])
    widest = max(shape[3], graph.tensors[op.outputs[0]].shape[-1])
    taps = size[0] * size[1]
    # A pool stacks what lies under its window.
    held = padded * widest + output * (taps if op.name.endswith("POOL_2D") else 3)
    return held, output * taps * (shape[3] if op.name == "CONV_2D" else 1)


def _turned_work(graph: Graph, op: Op) -> tuple[int, int]:
    x, weights = (graph.tensors[op.inputs[slot]].shape for slot in (2, 1))
    output, products = prod(graph.tensors[op.outputs[0]].shape), prod(x) * prod(weights[:3])
    return 4 * (output + products), products


WORK: Mapping[str, Callable[[Graph, Op], tuple[int, int]]] = {
    LSTM: prepare_lstm.work,
    SVDF: svdf.work,
    "TRANSPOSE_CONV": _turned_work,
}
"""Of operators with a rule of their own: values that they hold and their products."""


def _terms(graph: Graph, op: Op) -> int:
    """Products of a value of BATCH_MATMUL's output, or what stands for them."""
    if op.name != "BATCH_MATMUL":
        return 1
    return max(graph.tensors[op.inputs[0]].shape[-2:], default=1)


def _window(graph: Graph, op: Op) -> tuple[tuple[int, int], tuple[int, int]]:
    """(height, width) of an operator's window, and what it reaches over."""
    if op.name.endswith("POOL_2D"):
        size = int(op.option(4, "i")), int(op.option(3, "i"))
        return size, size
    weights = graph.tensors[op.inputs[1]].shape if len(op.inputs) > 1 else ()
    if len(weights) != 4:
        return (1, 1), (1, 1)
    later = 1 if op.name == "DEPTHWISE_CONV_2D" else 0
    dilation = int(op.option(5 + later, "i", 1)), int(op.option(4 + later, "i", 1))
    size = weights[1], weights[2]
    return size, (size[0] * max(dilation[0], 1), size[1] * max(dilation[1], 1))
