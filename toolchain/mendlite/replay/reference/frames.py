"""Run the operators that keep variables, one frame of many recordings after the other.

All tensors hold the frames of a recording as neighbouring rows, recording after recording.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model, Operator
from mendlite.model.rows import rows_of
from mendlite.model.tensor import Tensor
from mendlite.prepare.state import Block, require_frames

Values = Mapping[int, NDArray[Any]]
RunOperator = Callable[[int, Values], Values]
"""An operator's index and the live values of one frame → its outputs."""


def run_block(
    model: Model, block: Block, values: Values, batched: frozenset[int], run: RunOperator
) -> dict[int, NDArray[Any]]:
    """The values (n * frames rows) of all tensors that the block writes.

    Raises UnsupportedModelError where the recordings' length is not known.
    """
    require_frames(model)
    inputs = _inputs(model, block, values)
    recordings = _recordings(model, {t: x for t, x in values.items() if t in batched})
    state = {
        number: _repeated(model.tensors[model.variables[number].initial], recordings)
        for number in block.variables
    }
    owner = {h: number for number in block.variables for h in model.variables[number].handles}
    # What is read before the block has had its value since the last frame.
    early = [o for o in model.operators[: block.span.start] if o.op == "READ_VARIABLE"]
    uses = [
        (o, owner.get(o.inputs[0]) if o.inputs else None)
        for o in (*early, *(model.operators[i] for i in block.span))
    ]
    frames = []
    for frame in range(model.frames):
        live = {t: _frame(model, t, x, frame) if t in batched else x for t, x in inputs.items()}
        frames.append(_run_frame(model, uses, live, state, run))
    written = frames[0].keys()
    return {t: _rows(model, t, [frame[t] for frame in frames]) for t in written}


def _run_frame(
    model: Model,
    uses: Sequence[tuple[Operator, int | None]],
    live: dict[int, NDArray[Any]],
    state: dict[int, NDArray[Any]],
    run: RunOperator,
) -> dict[int, NDArray[Any]]:
    """One frame's values of all tensors that operators write; ``state`` moves on by a frame.

    ``uses`` are operators, with the number of the variable that their first input stands for.
    """
    written: dict[int, NDArray[Any]] = {}
    for operator, number in uses:
        if operator.op == "READ_VARIABLE":
            new = {} if number is None else {operator.outputs[0]: state[number]}
        elif operator.op == "ASSIGN_VARIABLE":
            new = {}
            if number is not None:
                state[number] = _stored(model, operator.inputs[1], live, state[number])
        else:
            new = dict(run(operator.index, live))
        live.update(new)
        written.update(new)
    return written


def _stored(model: Model, tensor: int, live: Values, before: NDArray[Any]) -> NDArray[Any]:
    """What a variable holds from now on, in as many rows as ``before``."""
    value = live[tensor] if tensor in live else model.tensors[tensor].constant()
    return (
        value
        if len(value) == len(before)
        else np.concatenate([value] * (len(before) // len(value)))
    )


def _inputs(model: Model, block: Block, values: Values) -> dict[int, NDArray[Any]]:
    """The live values that the block's operators read and that it does not write itself."""
    read = {t for index in block.span for t in model.operators[index].inputs}
    own = {t for index in block.span for t in model.operators[index].outputs}
    own |= {t for number in block.variables for t in model.variables[number].reads}
    return {t: values[t] for t in read - own if t in values}


def _recordings(model: Model, live: Values) -> int:
    """How many recordings the live values that depend on them are of."""
    for tensor, x in live.items():
        rows = rows_of(model.tensors[tensor]) * model.frames
        if len(x) % rows:
            raise ValueError(f"{len(x)} rows are no whole recordings of {model.frames} frames")
        return len(x) // rows
    raise ValueError("no value depends on the samples")


def _frame(model: Model, tensor: int, x: NDArray[Any], frame: int) -> NDArray[Any]:
    """The rows of one frame of all recordings."""
    rows = rows_of(model.tensors[tensor])
    split = x.reshape(-1, model.frames, rows, *x.shape[1:])
    return np.ascontiguousarray(split[:, frame]).reshape(-1, *x.shape[1:])


def _rows(model: Model, tensor: int, frames: list[NDArray[Any]]) -> NDArray[Any]:
    """The frames' values side by side, recording after recording."""
    rows, rest = rows_of(model.tensors[tensor]), frames[0].shape[1:]
    split = [x.reshape(-1, rows, *rest) for x in frames]
    joined: NDArray[Any] = np.stack(split, axis=1).reshape(-1, *rest)
    return joined


def _repeated(initial: Tensor, recordings: int) -> NDArray[Any]:
    return np.concatenate([np.atleast_1d(initial.constant())] * recordings)
