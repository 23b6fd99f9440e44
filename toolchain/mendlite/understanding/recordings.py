"""Streaming models among those that are understood: how long their recordings are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from mendlite.case.frames import frames_of
from mendlite.model.graph import Model
from mendlite.pairing.streaming_twin import streaming_twin


def with_frames(
    reference: Model | None, quantized: Model, arrays: tuple[NDArray[Any], ...]
) -> tuple[Model | None, Model]:
    """The models with the frames of recordings (n, frames, ...); as they are without recordings.

    A float model that keeps no variables becomes its streaming form. Raises BadInputError where the
    samples are no recordings, or the models are not two forms of one network.
    """
    if not quantized.keeps_frames:
        return reference, quantized
    frames = frames_of(quantized, arrays)
    if reference is not None and quantized.variables and not reference.variables:
        reference = streaming_twin(reference, quantized)
    return (
        None if reference is None else replace(reference, frames=frames),
        replace(quantized, frames=frames),
    )
