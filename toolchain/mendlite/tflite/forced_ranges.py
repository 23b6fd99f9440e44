"""Tensors whose range an operator with several inputs forces, though others compute with them.

The int8 kernels of CONCATENATION, PACK, MAXIMUM and MINIMUM copy values: their inputs must have
the output's parameters (``concatenation.cc``: Prepare refuses others), which hold the values of
all inputs. A narrow input then has a wide range, and every operator that computes with it pays:
its rounding error has the wide range's step. A QUANTIZE in front of the one operator frees it.

Nothing is gained where the operator is the tensor's only reader: its values are rounded to the
wide range's step either way, and once more with a QUANTIZE. Nor where the tensor's range may not
change for another reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mendlite.model.graph import Model, Operator
from mendlite.model.operator_kinds import RECURRENT, STATEFUL
from mendlite.tflite.common_range import CommonRanges, End, is_int8_activation
from mendlite.tflite.global_pools import GlobalPool
from mendlite.tflite.scale_groups import PASS_THROUGH, equal, frozen_by_use

JOINS = frozenset({"CONCATENATION", "PACK", "MAXIMUM", "MINIMUM"})
"""Operators of several inputs that copy values."""

NO_READERS = PASS_THROUGH | {"SHAPE"}
"""Operators that copy values, and SHAPE, which reads none: a finer range is of no use to them."""

KEEPS_VALUES = RECURRENT | STATEFUL
"""Operators whose ends share their parameters with what they keep: those stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedRange:
    """Operator ``reader`` forces the range of its input ``source``.

    ``tensors`` are those that have the parameters of ``source`` without it; at least one of them
    is read by an operator that computes. ``forcing`` are those that have the parameters of the
    operator's output then.
    """

    reader: Operator
    source: int
    tensors: tuple[int, ...]
    forcing: tuple[int, ...]

    @property
    def end(self) -> End:
        """Where the tensor is read."""
        return self.reader.index, self.source


def forced_ranges(
    model: Model, means: Sequence[GlobalPool] = (), among: Sequence[End] | None = None
) -> tuple[ForcedRange, ...]:
    """The ranges that may be freed, in execution order; ``among`` leaves out all others.

    ``means`` are the pools that become MEAN, which computes with parameters of its own.
    """
    free = {(pool.operator.index, pool.operator.outputs[0]) for pool in means}
    computing = {pool.operator.index for pool in means}
    ranges = CommonRanges.of(model)
    chosen = [end for end in _ends(model) if among is None or end in among]
    while True:
        without = {*free, *chosen}
        own = {end: ranges.around(end[1], without) for end in chosen}
        kept = [end for end in chosen if _gains(model, end, own[end], computing)]
        if kept == chosen:
            break
        # What is left out joins its tensors again: those of the others may be more now.
        chosen = kept
    readers = {end: model.operators[end[0]] for end in chosen}
    return tuple(
        ForcedRange(
            reader=reader,
            source=end[1],
            tensors=tuple(sorted(own[end])),
            forcing=tuple(sorted(ranges.around(reader.outputs[0], without))),
        )
        for end, reader in readers.items()
    )


def _ends(model: Model) -> Iterator[End]:
    """Every int8 input of a join that has its output's parameters."""
    for operator in model.operators:
        if operator.op not in JOINS:
            continue
        output = model.tensors[operator.outputs[0]].quant
        for tensor in sorted({t for t in operator.inputs if t >= 0}):
            has = model.tensors[tensor].quant
            if output is not None and is_int8_activation(model, tensor) and equal(has, output):
                yield operator.index, tensor


def _gains(model: Model, end: End, tensors: frozenset[int], computing: set[int]) -> bool:
    """Whether a QUANTIZE at one input gives ``tensors`` a range of their own that is of use."""
    keeps = any(
        tensors & {*operator.inputs, *operator.outputs}
        for operator in model.operators
        if operator.op in KEEPS_VALUES
    )
    used = any(
        tensors & set(operator.inputs)
        for operator in model.operators
        if operator.op not in NO_READERS or operator.index in computing
    )
    if keeps or not used or model.operators[end[0]].outputs[0] in tensors:
        return False
    return frozen_by_use(model, tensors) is None
