"""Operators of variables: which of them run, and which operators run frame by frame.

What a variable holds in a frame depends on the frame before. All other operators take the frames
of many recordings at once, as many rows. So the operators between the first that reads a variable
and the last that stores it form a block, which runs one frame after the other; in streaming models
it is the concatenation with the frames before and the slice that is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model, Operator
from mendlite.model.operator_kinds import OWN_STATE
from mendlite.model.operator_view import refused
from mendlite.model.variables import Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Operators that run frame by frame, and the numbers of the variables that they keep.

    A READ_VARIABLE before ``span`` runs at its beginning: nothing reads or stores its variable in
    between.
    """

    span: range
    variables: tuple[int, ...]


def require_variable(model: Model, operator: Operator) -> None:
    """Raise UnsupportedModelError where an operator's variable is of a form that is not run."""
    if not model.variables:
        why = model.unsupported[0] if model.unsupported else "its variable is not known"
        raise refused(operator, why, "mendlite's kernels do not run it")


def blocks(model: Model) -> tuple[Block, ...]:
    """The blocks of a model with variables, in order and apart from each other."""
    spans = sorted(
        (_span(model, variable), number)
        for number, variable in enumerate(model.variables)
        if variable.reads or variable.writes
    )
    merged: list[tuple[tuple[int, int], list[int]]] = []
    for (start, stop), number in spans:
        if merged and start < merged[-1][0][1]:
            (first, end), numbers = merged[-1]
            merged[-1] = (first, max(end, stop)), [*numbers, number]
        else:
            merged.append(((start, stop), [number]))
    return tuple(_block(model, range(*span), numbers) for span, numbers in merged)


def _block(model: Model, span: range, numbers: Sequence[int]) -> Block:
    for index in span:
        if model.operators[index].op in OWN_STATE:
            raise refused(
                model.operators[index],
                "it keeps a state of its own between two uses of a variable",
                "mendlite's kernels do not run it",
            )
    return Block(span=span, variables=tuple(sorted(numbers)))


def _span(model: Model, variable: Variable) -> tuple[int, int]:
    """The first operator that must see the variable's value, and the one behind the last."""
    stores = [o.index for o in model.operators if _uses(o, "ASSIGN_VARIABLE", variable)]
    starts, stops = list(stores), [index + 1 for index in stores]
    for operator in model.operators:
        if not _uses(operator, "READ_VARIABLE", variable):
            continue
        readers = [o.index for o in model.operators if operator.outputs[0] in o.inputs]
        first = min(readers, default=len(model.operators))
        between = [index for index in stores if operator.index < index < first]
        starts.append(operator.index if between or not stores else first)
        if not stores or operator.index > min(stores):
            stops.append(operator.index + 1)
    return min(starts), max(stops)


def _uses(operator: Operator, op: str, variable: Variable) -> bool:
    return operator.op == op and operator.inputs[0] in variable.handles


def block_of(found: Sequence[Block]) -> Mapping[int, Block]:
    """The block of each operator that is in one."""
    return {index: block for block in found for index in block.span}


def require_frames(model: Model) -> None:
    """Raise UnsupportedModelError where it is not known how long the recordings are."""
    if model.frames < 1:
        raise UnsupportedModelError(
            f"the model keeps values from frame to frame (variable '{model.variables[0].name}'): "
            "its samples must be recordings, arrays (N, frames, ...)"
        )
