"""Our kernels against others, byte by byte: whether they differ, from which operator on, and why.

The others are a board's, or those of an interpreter on this machine. Integers are compared with
==. Float sums have no order that all kernels share, so float values may differ by FLOAT_ROOM; where
an operator computes in float, each operator is compared on the others' own inputs of it, for a sum
that is rounded otherwise may move a later integer by a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import UnsupportedModelError
from mendlite.jobs.run_time_ties import tie_tolerance
from mendlite.measure.intervals import share_interval
from mendlite.model.device_report import BoardVerdict, ModelComparison, OperatorDifference
from mendlite.model.graph import Model, Operator
from mendlite.model.rounding import KernelProfile, Profile
from mendlite.model.rows import fed, rows_of, whole_recordings
from mendlite.model.tensor import DType, Tensor
from mendlite.prepare.state import Block
from mendlite.replay.collect import collect
from mendlite.replay.device.loading import NoRoomError
from mendlite.replay.reference.execute import PreparedModel, prepare, run_operator, run_step
from mendlite.replay.reference.slices import slice_size
from mendlite.replay.registry import make_runner
from mendlite.replay.runner import Runner, Values

TRACED = 8
"""Differing samples whose every tensor is read to find the first operator that differs."""

FLOAT_ROOM = 1e-4
"""Share of a sample's largest value by which float values may differ: sums of 10,000 float32 terms
in two orders stay within some 1e-5 of it, and one step of an int8 tensor is 4e-3 of it or more."""

CHUNK_BYTES = 2**26
"""Bytes of all tensors of the samples that are traced at a time."""

CONVERSIONS = frozenset({"QUANTIZE", "DEQUANTIZE", "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "SHAPE"})
"""Operators on float values that do not add them up."""

Inputs = Sequence[NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Kernels that ours are compared with.

    ``runner`` runs a model on them, ``profile`` is what ours follow meanwhile, ``shows_tensors``
    states whether they return intermediate tensors. ``all_profiles``: where the bytes are identical
    the other profiles are tried as well, so that the verdict names all that fit.
    """

    runner: Callable[[Model], Runner]
    profile: KernelProfile
    shows_tensors: bool = True
    all_profiles: bool = False


def computes_in_float(model: Model) -> bool:
    """Whether an operator other than a conversion reads a float activation."""
    return any(
        model.tensors[t].dtype is DType.FLOAT32 and model.tensors[t].buffer is None
        for operator in model.operators
        if operator.op not in CONVERSIONS
        for t in operator.inputs
        if t >= 0
    )


def unequal(
    theirs: NDArray[Any], ours: NDArray[Any], more: NDArray[np.float64] | None = None
) -> NDArray[np.bool_]:
    """Which values of each sample differ, bool[n, values]; all where the shapes do.

    Float values may differ by FLOAT_ROOM and, where given, by ``more`` of the sample, f64[n, 1].
    """
    a, b = theirs.reshape(len(theirs), -1), ours.reshape(len(ours), -1)
    if a.shape != b.shape or a.dtype != b.dtype:
        return np.ones(a.shape, np.bool_)
    if a.dtype.kind != "f":
        result: NDArray[np.bool_] = a != b
        return result
    with np.errstate(invalid="ignore", over="ignore"):
        tolerance = FLOAT_ROOM * np.abs(b).max(axis=1, initial=0.0, keepdims=True)
        tolerance = tolerance if more is None else tolerance + more
        near: NDArray[np.bool_] = (np.abs(a - b) <= tolerance) & np.isfinite(a)
    near |= (a == b) | (np.isnan(a) & np.isnan(b))
    return ~near


def compare_outputs(
    name: str, model: Model, others: Others, inputs: Inputs, tensors: Sequence[int]
) -> ModelComparison:
    """Compare ``tensors`` of all samples, each side on its own intermediate values."""
    theirs = collect(others.runner(model), inputs, tensors)
    return compare_values(name, model, others, inputs, theirs)


def compare_values(
    name: str, model: Model, others: Others, inputs: Inputs, theirs: Values
) -> ModelComparison:
    """Compare tensors that the others computed on all samples with our own values of them."""
    differ, like = _compared(model, others, inputs, theirs)
    place, unplaced = _placed(model, others, inputs, differ)
    recordings = len(np.unique(differ // model.frames))
    return replace(
        _comparison(name, model, differ, like, place),
        unplaced=unplaced,
        bytes_compared=sum(values.nbytes for values in theirs.values()),
        differing_share=share_interval(recordings, len(inputs[0]) // model.frames),
    )


def _compared(
    model: Model, others: Others, inputs: Inputs, theirs: Values
) -> tuple[NDArray[np.intp], tuple[Profile, ...]]:
    """The differing samples and the profiles that fit."""
    tensors, count = list(theirs), len(inputs[0])
    differ = _differing(theirs, _ours(model, others.profile, inputs, tensors), count)
    if not differ.size and not others.all_profiles:
        return differ, ()
    like = tuple(
        p
        for p in Profile
        if (p is others.profile and not differ.size)
        or not _differing(theirs, _ours(model, p, inputs, tensors), count).size
    )
    return differ, like


def _placed(
    model: Model, others: Others, inputs: Inputs, differ: NDArray[np.intp]
) -> tuple[OperatorDifference | None, str]:
    """Where a difference of outputs begins; or None, and why the others show no more.

    An inference that is made for one model may reject the copies whose outputs are its tensors.
    What the outputs showed holds nevertheless.
    """
    if not differ.size or not others.shows_tensors:
        return None, ""
    some = [x[_traced(model, differ)] for x in inputs]
    try:
        return _scan(model, others, some, others.profile)[1], ""
    except (UnsupportedModelError, NoRoomError) as error:
        return None, str(error)


def compare_operators(name: str, model: Model, others: Others, inputs: Inputs) -> ModelComparison:
    """Compare every operator on all samples, each on the others' own inputs of it."""
    differ, place = _scan(model, others, inputs, others.profile)
    like: tuple[Profile, ...] = ()
    if differ.size:
        some = [x[_traced(model, differ)] for x in inputs]
        like = tuple(p for p in Profile if not _scan(model, others, some, p)[0].size)
    return _comparison(name, model, differ, like, place)


def _traced(model: Model, differ: NDArray[np.intp]) -> NDArray[np.intp]:
    """The first TRACED differing rows; of a model with variables, their whole recordings."""
    if model.frames == 1:
        return differ[:TRACED]
    recordings = np.unique(differ // model.frames)[:TRACED]
    every: NDArray[np.intp] = recordings[:, None] * model.frames + np.arange(model.frames)
    return every.reshape(-1)


def compared_tensors(model: Model, profile: KernelProfile) -> tuple[int, ...]:
    """The tensors that ``compare_operators`` compares."""
    return tuple(_shown(model, prepare(model, profile)))


def _comparison(
    name: str,
    model: Model,
    differ: NDArray[np.intp],
    like: tuple[Profile, ...],
    place: OperatorDifference | None,
) -> ModelComparison:
    verdict = BoardVerdict.ROUNDING if like else BoardVerdict.KERNEL
    return ModelComparison(
        name=name,
        sha256=model.sha256,
        verdict=verdict if differ.size else BoardVerdict.IDENTICAL,
        differing=int(differ.size),
        looks_like=tuple(p.value for p in like),
        first=place,
    )


def _ours(model: Model, profile: KernelProfile, inputs: Inputs, tensors: Sequence[int]) -> Values:
    return collect(make_runner("reference", model, profile), inputs, tensors)


def _differing(theirs: Values, ours: Values, count: int) -> NDArray[np.intp]:
    """Those of ``count`` samples of which any value differs."""
    differs = np.zeros(count, np.bool_)
    for tensor, values in theirs.items():
        differs |= unequal(_by_sample(values, count), _by_sample(ours[tensor], count)).any(axis=1)
    return np.flatnonzero(differs)


def _shown(model: Model, program: PreparedModel) -> list[int]:
    """What operators write for each sample of its own."""
    return [t for o in model.operators for t in o.outputs if t in program.batched]


def _scan(
    model: Model, others: Others, inputs: Inputs, profile: KernelProfile
) -> tuple[NDArray[np.intp], OperatorDifference | None]:
    """Samples on which any operator differs, and the first operator that does.

    Each is run on the others' own inputs, so a difference of an earlier one does not count for a
    later.
    """
    program = prepare(model, profile)
    shown, count = _shown(model, program), len(inputs[0])
    differ = np.zeros(count, np.bool_)
    first: OperatorDifference | None = None
    size, part = _chunk(model, shown), slice_size(model)
    for begin in range(0, count, size):
        chunk = [x[begin : begin + size] for x in inputs]
        values: Values = fed(model, chunk) | collect(others.runner(model), chunk, shown)
        for start in range(0, len(chunk[0]), part):
            some = {
                t: x[start * rows_of(model.tensors[t]) : (start + part) * rows_of(model.tensors[t])]
                for t, x in values.items()
            }
            of = min(part, len(chunk[0]) - start)
            for difference, apart in _operators(model, program, some, of):
                differ[begin + start : begin + start + len(apart)] |= apart
                first = _merged(first, difference)
    if first is not None:
        first = replace(first, of=count * model.tensors[first.tensor].elements)
    return np.flatnonzero(differ), first


def _chunk(model: Model, shown: Sequence[int]) -> int:
    """Rows whose tensors are held at once, of whole recordings."""
    sizes = [model.tensors[t].elements for t in shown]
    return whole_recordings(CHUNK_BYTES // (4 * max(1, sum(sizes))), model.frames)


def _operators(
    model: Model, program: PreparedModel, values: dict[int, NDArray[Any]], count: int
) -> Iterator[tuple[OperatorDifference, NDArray[np.bool_]]]:
    """The operators that differ on some of ``count`` samples, in their order, and on which."""
    for operator in model.operators:
        for index, ours in _own(program, operator, values).items():
            # A shape that depends on no sample has our many samples in it, not theirs.
            theirs = values.setdefault(index, ours)
            if theirs is ours:
                continue
            more = tie_tolerance(model, operator, values)
            if more is not None:
                more = more.reshape(count, -1).max(axis=1, keepdims=True)
            apart = unequal(_by_sample(theirs, count), _by_sample(ours, count), more)
            if apart.any():
                difference = _difference(operator, model.tensors[index], theirs, ours, apart)
                yield difference, apart.any(axis=1)


def _own(
    program: PreparedModel, operator: Operator, values: dict[int, NDArray[Any]]
) -> dict[int, NDArray[Any]]:
    """The outputs of our kernels on the others' inputs; what is read of a variable, from theirs."""
    if operator.op != "READ_VARIABLE":
        return run_operator(program, operator.index, values)
    block = next(b for b in program.blocks.values() if _reads(program.model, b, operator))
    written = run_step(program, block.span.start, values)
    return {operator.outputs[0]: written[operator.outputs[0]]}


def _reads(model: Model, block: Block, operator: Operator) -> bool:
    return any(operator.inputs[0] in model.variables[n].handles for n in block.variables)


def _by_sample(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Values with a row for each sample, where they divide so."""
    return values.reshape(count, -1) if count and values.size % count == 0 else values


def _difference(
    operator: Operator,
    tensor: Tensor,
    theirs: NDArray[Any],
    ours: NDArray[Any],
    apart: NDArray[np.bool_],
) -> OperatorDifference:
    return OperatorDifference(
        operator=operator.index,
        op=operator.op,
        tensor=tensor.index,
        name=tensor.name,
        values=int(np.count_nonzero(apart)),
        of=int(apart.size),
        largest=_largest(theirs, ours),
    )


def _largest(theirs: NDArray[Any], ours: NDArray[Any]) -> float:
    """The largest difference, in steps of an integer tensor or in a float one's unit."""
    if theirs.size != ours.size:
        return 0
    if theirs.dtype.kind != "f":
        apart = theirs.reshape(-1).astype(np.int64) - ours.reshape(-1).astype(np.int64)
        return int(np.abs(apart).max(initial=0))
    with np.errstate(invalid="ignore", over="ignore"):
        far = np.abs(theirs.reshape(-1).astype(np.float64) - ours.reshape(-1))
    return float(np.nanmax(far, initial=0.0))


def _merged(first: OperatorDifference | None, other: OperatorDifference) -> OperatorDifference:
    """The earlier operator's difference; of one operator on two parts of the samples, both."""
    if first is None or other.operator < first.operator:
        return other
    if other.operator > first.operator:
        return first
    largest = max(first.largest, other.largest)
    return replace(first, values=first.values + other.values, largest=largest)
