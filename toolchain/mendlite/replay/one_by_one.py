"""Replay through a runtime that takes one sample at a time, or one frame of a recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.model.rows import side_by_side
from mendlite.prepare.memory import require_bounded
from mendlite.prepare.state import require_frames
from mendlite.replay.detections import cleared, with_counts
from mendlite.replay.inputs import require_constant_free, require_inputs
from mendlite.replay.runner import Values

SLICE = 32
"""Samples, or frames, whose values are yielded together."""

Invoke = Callable[[Sequence[NDArray[Any]]], Values]
"""One sample, an array of its rows per input → its values."""


def one_by_one(
    model: Model,
    inputs: Sequence[NDArray[Any]],
    tensors: Sequence[int],
    start: Callable[[Sequence[int]], Invoke],
) -> Iterator[Values]:
    """Slices of values (n, ...) in the samples' order; ``start`` opens the runtime for tensors.

    It is opened again for each recording.

    Raises, before that, BadInputError where the inputs do not fit the model, UnsupportedModelError
    where one sample takes more memory than a replay may.
    """
    require_inputs(model, inputs)
    require_constant_free(model, tensors)
    require_bounded(model)
    require_frames(model)
    wanted, count = with_counts(model, tensors), len(inputs[0])
    ends = [model.tensors[t] for t in model.inputs]
    recorded = model.variables or (model.keeps_frames and model.frames > 1)
    invoke = start(wanted)
    for begin in range(0, count, SLICE):
        found: list[Values] = []
        for i in range(begin, min(begin + SLICE, count)):
            if recorded and i and i % model.frames == 0:
                # CALL_ONCE runs once, and no runtime resets what it set.
                invoke = start(wanted)
            sample = [side_by_side(t, x[i : i + 1]) for t, x in zip(ends, inputs, strict=True)]
            found.append(cleared(model, invoke(sample)))
        yield {t: np.concatenate([np.atleast_1d(one[t]) for one in found]) for t in tensors}
