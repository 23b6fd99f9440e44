"""Whether the streaming form of a float model computes what the model itself does.

A model that takes a window of time has no state: the frame that ends with the window's last row
must have its outputs. Frames before the first whole window are not compared: they depend on the
first values of the variables.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.preprocess import real_input
from mendlite.case.recipe import Recipe
from mendlite.case.tasks import evaluated_tensors
from mendlite.errors import BadInputError
from mendlite.measure.task import Task
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.model.samples import Samples
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner

WINDOWS, RECORDINGS = 64, 16
"""Windows that are compared, of so many recordings."""

TOLERANCE = 1e-3
"""Share of the largest output by which sums in another order may differ."""


def compared_windows(
    whole: Model, streaming: Model, task: Task, recipe: Recipe, samples: Samples
) -> str:
    """A sentence on how equal both forms are; the frames of ``streaming`` are set.

    Raises BadInputError where they are not the same network, or the recordings are too short to
    tell.
    """
    if len(whole.inputs) != 1 or len(streaming.inputs) != 1:
        raise BadInputError("a float model without state is compared by its one input")
    some = samples.take(slice(0, RECORDINGS))
    frame = prod(streaming.tensors[streaming.inputs[0]].shape)
    window = prod(whole.tensors[whole.inputs[0]].shape)
    rows = real_input(recipe.inputs[0], some.raw[0]).reshape(some.count, streaming.frames, frame)
    width = -(-window // frame)
    if window % frame or width > streaming.frames:
        raise BadInputError(
            f"the float model takes a window of {window} values, recordings of "
            f"{streaming.frames} frames of {frame} hold no such window of whole frames"
        )
    ends = _ends(some.count, streaming.frames, width)
    windows = np.stack([rows[r, end - width + 1 : end + 1] for r, end in ends])
    theirs = _outputs(whole, task, windows.reshape(-1, *whole.tensors[whole.inputs[0]].shape[1:]))
    every = rows.reshape(-1, *streaming.tensors[streaming.inputs[0]].shape[1:])
    ours = _outputs(streaming, task, every)[[r * streaming.frames + end for r, end in ends]]
    apart = float(np.abs(theirs - ours).max())
    if not apart <= TOLERANCE * max(float(np.abs(theirs).max()), 1e-6):
        raise BadInputError(
            f"the float model keeps no values from frame to frame and the int8 model does; with "
            f"the float model's weights its graph differs from it by up to {apart:.3g} on "
            f"{len(ends)} windows of {width} frames: they are not two forms of one network"
        )
    return (
        f"the float model is the form without state (windows of {width} frames): the int8 model's "
        f"graph with its weights computes the same on {len(ends)} windows, to {apart:.1g}"
    )


def _ends(recordings: int, frames: int, width: int) -> list[tuple[int, int]]:
    """Recordings and the frames that end windows, spread evenly over all of them."""
    per = frames - width + 1
    count = min(WINDOWS, recordings * per)
    places = np.unique(np.linspace(0, recordings * per - 1, count).astype(np.int64))
    return [(int(p) // per, int(p) % per + width - 1) for p in places]


def _outputs(model: Model, task: Task, inputs: NDArray[Any]) -> NDArray[np.float64]:
    tensors = evaluated_tensors(task, model)
    values = collect(make_runner("reference", model, Profile.TFLITE_REF), [inputs], tensors)
    rows = [values[t].reshape(len(inputs), -1) for t in tensors]
    joined: NDArray[np.float64] = np.concatenate(rows, axis=1).astype(np.float64)
    return joined
