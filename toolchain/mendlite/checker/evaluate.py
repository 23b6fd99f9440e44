"""Run a graph operator by operator, straightforwardly: int8 in exact int64."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from os import cpu_count
from typing import Any

import numpy as np

from mendlite.checker import fast
from mendlite.checker.copies import COPIES, run_copy
from mendlite.checker.curves import CURVES, run_curve
from mendlite.checker.graph import DENSIFY, LAYERS, LSTM, SVDF, Graph, Op, keeps_state
from mendlite.checker.joins import run_join
from mendlite.checker.layers import run_layer
from mendlite.checker.log_softmax import run_log_softmax
from mendlite.checker.lstm import run_fast_lstm, run_lstm, run_single_lstm
from mendlite.checker.more_kernels import KERNELS as MORE
from mendlite.checker.moves import run_densify, run_pack, run_reshape, run_shape
from mendlite.checker.others import (
    run_dequantize,
    run_mean,
    run_pool,
    run_quantize,
    run_softmax,
)
from mendlite.checker.pairs import run_pair
from mendlite.checker.prepare import most_values, require_prepared
from mendlite.checker.prepare_lstm import work
from mendlite.checker.step import PROFILES, Array, RunningOperator
from mendlite.checker.svdf import run_fast_svdf, run_single_svdf, run_svdf
from mendlite.checker.svdf import work as svdf_work
from mendlite.checker.turned import run_turned
from mendlite.checker.variables import STATE, first_values
from mendlite.errors import BadInputError, UnsupportedModelError

Kernels = Mapping[str, Callable[[RunningOperator], Array | tuple[Array, ...]]]
"""An operator's output, or all of them, by its name."""

KERNELS: Kernels = {
    "CONV_2D": run_layer,
    "DEPTHWISE_CONV_2D": run_layer,
    "FULLY_CONNECTED": run_layer,
    "TRANSPOSE_CONV": run_turned,
    LSTM: run_lstm,
    SVDF: run_svdf,
    "ADD": run_pair,
    "SUB": run_pair,
    "MUL": run_pair,
    **dict.fromkeys(CURVES, run_curve),
    "CONCATENATION": run_join,
    "AVERAGE_POOL_2D": run_pool,
    "MAX_POOL_2D": run_pool,
    "MEAN": run_mean,
    "SOFTMAX": run_softmax,
    "LOG_SOFTMAX": run_log_softmax,
    "QUANTIZE": run_quantize,
    "DEQUANTIZE": run_dequantize,
    "RESHAPE": run_reshape,
    "SQUEEZE": run_reshape,
    "EXPAND_DIMS": run_reshape,
    "SHAPE": run_shape,
    DENSIFY: run_densify,
    "PACK": run_pack,
    **dict.fromkeys(COPIES, run_copy),
    **MORE,
}

FAST = {**KERNELS, **fast.KERNELS, LSTM: run_fast_lstm, SVDF: run_fast_svdf}

SINGLE = {**KERNELS, **fast.SINGLE_KERNELS, LSTM: run_single_lstm, SVDF: run_single_svdf}
"""Float layers summed in float32."""

State = dict[Any, Array]
"""Of recordings: values of variables by key, of an SVDF by its state's tensor."""

SLICE_VALUES = 2**20
"""Values of the largest tensor of a slice of samples: memory stays bounded."""

KERNEL_VALUES = 2**26
"""Values that a kernel may hold for a slice of samples."""

MOST_THREADS = 8

EMPTY = np.zeros(0, np.int8)


def _needed(graph: Graph, tensors: Collection[int]) -> tuple[Op, ...]:
    """The operators up to the last that writes a requested tensor."""
    if keeps_state(graph):
        return graph.ops  # what is stored behind it is read in the next frame
    writers = [op.index for op in graph.ops if set(op.outputs) & set(tensors)]
    return graph.ops[: max(writers, default=-1) + 1]


def require_runnable(graph: Graph, profile: str, tensors: Collection[int]) -> None:
    """Raise UnsupportedModelError, naming the operators, where the checker cannot run it.

    MalformedModelError where the file contradicts itself (``prepare.py``).
    """
    missing = sorted(
        {op.name for op in _needed(graph, tensors) if op.name not in {*KERNELS, *STATE}}
    )
    if missing:
        unnamed = any(name.startswith("BUILTIN_") for name in missing)
        why = "; figures behind operators run by an interpreter are not computed again"
        raise UnsupportedModelError(
            f"the checker does not run {', '.join(missing)}{why if unnamed else ''}"
        )
    if profile not in PROFILES:
        raise UnsupportedModelError(f"the checker has no rounding profile '{profile}'")
    ops = _needed(graph, tensors)
    # A variable's handle holds no values.
    computed = {t for op in ops if op.name != "VAR_HANDLE" for t in op.outputs} | set(graph.inputs)
    for tensor in tensors:
        if tensor not in computed:
            raise UnsupportedModelError(f"no operator computes tensor {tensor}")
    require_prepared(graph, profile, ops)


def multiplications(graph: Graph) -> int:
    """Multiplications of all layers for one sample: what an evaluation costs."""
    total = 0
    for op in graph.ops:
        if op.name in LAYERS and len(op.inputs) > 1:
            weights = prod(graph.tensors[op.inputs[1]].shape)
            total += weights * prod(graph.tensors[op.outputs[0]].shape[1:-1])
        if op.name == LSTM:
            total += work(graph, op)[1]
        if op.name == SVDF:
            total += svdf_work(graph, op)[1]
    return total


def evaluate(
    graph: Graph, profile: str, inputs: Sequence[Array], tensors: Collection[int]
) -> dict[int, Array]:
    """Stored values of the graph's ``tensors``, samples first.

    ``inputs`` (n, *sample_shape) are in the graph's order and types; of a graph that keeps state
    recordings (n, frames, ...), whose frames are the rows of the results. A tensor's rows of many
    samples lie one behind the other. Raises UnsupportedModelError.
    """
    require_runnable(graph, profile, tensors)
    _require_samples(graph, inputs)
    size = _slice_size(graph, _needed(graph, tensors))
    run = _run_recordings if keeps_state(graph) else _run
    pieces = [run(graph, profile, part, tensors, KERNELS) for part in _slices(inputs, size)]
    return joined(pieces, tensors)


def evaluate_fast(
    graph: Graph,
    profile: str,
    inputs: Sequence[Array],
    tensors: Collection[int],
    kernels: Kernels = FAST,
) -> dict[int, Array]:
    """The same by the kernels of ``fast.py``, on all cores: integers are equal."""
    require_runnable(graph, profile, tensors)
    _require_samples(graph, inputs)
    size = min(_slice_size(graph, _needed(graph, tensors)), fast.slice_size(graph))
    at_once = 2 * KERNEL_VALUES // (size * most_values(graph, _needed(graph, tensors)))
    run = _run_recordings if keeps_state(graph) else _run
    with ThreadPoolExecutor(max(1, min(cpu_count() or 1, MOST_THREADS, at_once))) as pool:
        pieces = pool.map(
            lambda part: run(graph, profile, part, tensors, kernels), _slices(inputs, size)
        )
        return joined(list(pieces), tensors)


def _require_samples(graph: Graph, inputs: Sequence[Array]) -> None:
    """Raise BadInputError where an array does not hold samples, or frames, of the graph's input."""
    if len(inputs) != len(graph.inputs):
        raise BadInputError(f"{len(inputs)} arrays for the graph's {len(graph.inputs)} inputs")
    before = 2 if keeps_state(graph) else 1
    for x, index in zip(inputs, graph.inputs, strict=True):
        tensor = graph.tensors[index]
        if x.shape[before:] != tensor.sample_shape or x.dtype != tensor.dtype:
            form = "(n, frames, ...)" if before == 2 else "(n, ...)"
            raise BadInputError(
                f"an array {x.dtype} {list(x.shape)} for input {index} '{tensor.name}', "
                f"{tensor.dtype} {list(tensor.shape)}: it must be {form}"
            )


def _slices(inputs: Sequence[Array], size: int) -> list[list[Array]]:
    return [[x[begin : begin + size] for x in inputs] for begin in range(0, len(inputs[0]), size)]


def joined(pieces: Sequence[Mapping[int, Array]], tensors: Collection[int]) -> dict[int, Array]:
    """The values (n, ...) of the requested tensors from those of parts of the samples."""
    return {t: np.concatenate([piece[t] for piece in pieces]) for t in tensors}


def _slice_size(graph: Graph, ops: Sequence[Op]) -> int:
    """Samples that are run at once; one where some operator's first axis is more than theirs."""
    if not _apart(graph, ops):
        return 1
    largest = max((prod(t.shape) for t in graph.tensors if t.data is None), default=1)
    return max(1, min(SLICE_VALUES // max(largest, 1), KERNEL_VALUES // most_values(graph, ops)))


def _apart(graph: Graph, ops: Sequence[Op]) -> bool:
    """Whether every tensor that depends on the samples has a first axis of one sample."""
    batched = _batched(graph, ops)
    return all(graph.tensors[t].shape[:1] == (1,) for t in batched)


def _batched(graph: Graph, ops: Sequence[Op]) -> set[int]:
    """Tensors that depend on the samples."""
    batched = set(graph.inputs)
    for op in ops:
        reads = op.name == "READ_VARIABLE"
        if reads or (op.name != "SHAPE" and batched & set(op.inputs)):
            batched |= set(op.outputs)
    return batched


def _run_recordings(
    graph: Graph, profile: str, inputs: Sequence[Array], tensors: Collection[int], kernels: Kernels
) -> dict[int, Array]:
    """Frame after frame, each from what the frame before has stored."""
    count, frames = inputs[0].shape[:2]
    state: State = dict(first_values(graph.variables, graph.tensors, count))
    rows = [
        _run(graph, profile, [x[:, frame] for x in inputs], tensors, kernels, state=state)
        for frame in range(frames)
    ]
    return {t: _in_frames([row[t] for row in rows], count) for t in tensors}


def _in_frames(frames: list[Array], count: int) -> Array:
    """The rows of each frame, of ``count`` recordings, recording after recording."""
    rest = frames[0].shape[1:]
    split = [values.reshape(count, -1, *rest) for values in frames]
    rows: Array = np.stack(split, axis=1).reshape(-1, *rest)
    return rows


def _run(
    graph: Graph,
    profile: str,
    inputs: Sequence[Array],
    tensors: Collection[int],
    kernels: Kernels,
    *,
    state: State | None = None,
) -> dict[int, Array]:
    values = {
        t: x if x.shape[1:] == shape[1:] else x.reshape(-1, *shape[1:])
        for t, x, shape in (
            (t, x, graph.tensors[t].shape) for t, x in zip(graph.inputs, inputs, strict=True)
        )
    }
    ops = _needed(graph, tensors)
    depends = _batched(graph, ops)
    batched = depends if _apart(graph, ops) else set()
    for op in ops:
        if op.name in STATE:
            _move_state(graph, op, values, state or {})
            continue
        step = RunningOperator(
            graph=graph,
            op=op,
            profile=profile,
            values=tuple(_input(graph, op, t, values) for t in op.inputs),
            batched=bool(op.inputs) and op.inputs[0] in batched,
            state={} if state is None else state,
        )
        # A float model may overflow: its infinities are the answer.
        with np.errstate(all="ignore"):
            made = kernels[op.name](step)
        outputs = made if isinstance(made, tuple) else (made,)
        values.update(zip(op.outputs, outputs, strict=True))
    return {t: _of_samples(values[t], len(inputs[0]), whole=t in depends) for t in tensors}


def _move_state(graph: Graph, op: Op, values: dict[int, Array], state: State) -> None:
    """Read a variable, or store one; of every recording."""
    if op.name == "READ_VARIABLE":
        values[op.outputs[0]] = state[graph.variables.keys[op.inputs[0]]]
    if op.name == "ASSIGN_VARIABLE":
        key, stored = graph.variables.keys[op.inputs[0]], _input(graph, op, op.inputs[1], values)
        times = len(state[key]) // len(stored)
        state[key] = np.concatenate([stored] * times) if times > 1 else stored


def _of_samples(values: Array, count: int, *, whole: bool) -> Array:
    """Values with the samples first; what does not depend on them is there for each."""
    rows = np.atleast_1d(values)
    return rows if whole or count == 1 else np.concatenate([rows] * count)


def _input(graph: Graph, op: Op, tensor: int, values: Mapping[int, Array]) -> Array:
    if tensor < 0:
        return EMPTY
    if tensor in values:
        return values[tensor]
    if 0 in graph.tensors[tensor].shape or graph.tensors[tensor].is_variable:
        return EMPTY
    view = graph.tensors[tensor]
    data = view.known if op.name == DENSIFY else view.data
    if data is None:
        raise UnsupportedModelError(f"operator {op.index} {op.name}: nothing writes {tensor}")
    return data
