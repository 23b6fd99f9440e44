"""Whether many samples may be replayed at once: the first axis must stay the samples' own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from mendlite.model.graph import Model, Operator
from mendlite.prepare.apart import APART
from mendlite.prepare.slicing import axis_slices
from mendlite.prepare.view import Preparation

RESHAPES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})
"""Row-major values stay where they are, so the samples stay one behind the other."""


def batched_tensors(model: Model, operators: Sequence[Operator]) -> frozenset[int]:
    """Tensors that depend on the samples' contents; a static shape does not."""
    dependent = set(model.inputs)
    for operator in operators:
        reads = operator.op == "READ_VARIABLE"
        if reads or (operator.op != "SHAPE" and dependent & set(operator.inputs)):
            dependent |= set(operator.outputs)
    return frozenset(dependent)


def mixing(view: Preparation, batched: AbstractSet[int]) -> str | None:
    """Why this operator does not keep the samples apart; None where it does.

    It was compared with the file before. ``batched``: tensors that depend on the samples.
    """
    if not batched & set(view.operator.inputs) or view.operator.op == "SHAPE":
        return None
    if view.operator.op in APART:
        return None  # its kernel takes the samples along an axis of their own
    if view.operator.op in RESHAPES:
        return None if view.output.shape else "a scalar for each sample"
    if view.operator.op in TOUCHES:
        touches, why = TOUCHES[view.operator.op]
        if touches(view):
            return why
    return None if _first_axis_kept(view, batched) else "broadcasting over the samples"


def _first_axis_kept(view: Preparation, batched: AbstractSet[int]) -> bool:
    """Whether all batched tensors share the output's first extent, and no other is in its way."""
    output = view.output.shape
    if not output:
        return False
    for index in view.operator.inputs:
        if index in batched and view.model.tensors[index].shape[:1] != output[:1]:
            return False
    if view.operator.op not in {"ADD", "SUB", "MUL", "CONCATENATION"}:
        return True
    return all(_aligned(view, index, batched) for index in view.operator.inputs)


def _aligned(view: Preparation, index: int, batched: AbstractSet[int]) -> bool:
    shape, rank = view.model.tensors[index].shape, len(view.output.shape)
    if index in batched:
        return len(shape) == rank
    if view.operator.op == "CONCATENATION":
        return False
    return len(shape) < rank or shape[0] == 1


def _sums_first(view: Preparation) -> bool:
    rank = len(view.input(0).shape)
    return any(axis % rank == 0 for axis in view.numbers(1, "axes"))


def _slices_first(view: Preparation) -> bool:
    first = axis_slices(view)[0]
    return first.shrunk or first.positions != range(view.input(0).shape[0])


def _pads_first(view: Preparation) -> bool:
    return any(view.numbers(1, "paddings")[:2])


def _moves_first(view: Preparation) -> bool:
    return view.numbers(1, "permutation")[0] != 0


def _joins_first(view: Preparation) -> bool:
    return view.option("axis") % len(view.output.shape) == 0


def _rank_one(view: Preparation) -> bool:
    return len(view.input(0).shape) < 2


def _always(_: Preparation) -> bool:
    return True


TOUCHES: Mapping[str, tuple[Callable[[Preparation], bool], str]] = {
    "MEAN": (_sums_first, "a mean over the samples"),
    "STRIDED_SLICE": (_slices_first, "slicing of the samples"),
    "PAD": (_pads_first, "padding of the samples"),
    "PADV2": (_pads_first, "padding of the samples"),
    "TRANSPOSE": (_moves_first, "a transpose of the samples"),
    "CONCATENATION": (_joins_first, "a concatenation of the samples"),
    "SOFTMAX": (_rank_one, "a softmax over the samples"),
    "LOG_SOFTMAX": (_rank_one, "a softmax over the samples"),
    "PACK": (_always, "packing of activations"),
}
"""Operators that may work along the first axis: whether one does, and the message."""
