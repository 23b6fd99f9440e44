"""Quantization parameters of an activation as a real range."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mendlite.model.delta import TensorEdit
from mendlite.model.graph import Model
from mendlite.model.tensor import UINT8_OFFSET, DType
from mendlite.tflite.fields import find_field
from mendlite.tflite.patched import patched
from mendlite.tflite.rescale import rescale_edits
from mendlite.tflite.scale_groups import ScaleGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """An activation's parameters: real = scale * (q - zero_point), q in ``dtype``.

    ``dtype`` is INT8, or INT16 with the zero-point 0.
    """

    scale: float
    zero_point: int
    dtype: DType = DType.INT8

    @staticmethod
    def of(low: float, high: float, dtype: DType = DType.INT8) -> Range | None:
        """The parameters for [low, high] with zero exact; None for an empty range."""
        bottom, top = min(low, 0.0), max(high, 0.0)
        if dtype is DType.INT16:
            return _symmetric(max(-bottom, top))
        scale = float(np.float32((top - bottom) / 255))
        if scale <= 0 or not np.isfinite(scale):
            return None
        zero = int(np.clip(np.rint(-128 - bottom / scale), -128, 127))
        return Range(scale=scale, zero_point=zero)

    @staticmethod
    def of_group(model: Model, group: ScaleGroup) -> Range:
        """The present parameters of a group of activations."""
        tensor = model.tensors[group.tensors[0]]
        if tensor.dtype is DType.INT16:
            return Range(scale=tensor.scale, zero_point=0, dtype=DType.INT16)
        raised = UINT8_OFFSET if tensor.dtype is DType.UINT8 else 0
        return Range(scale=tensor.scale, zero_point=tensor.zero_point - raised)

    @property
    def ends(self) -> tuple[float, float]:
        """Smallest and largest real value; the smallest int16 value is left out."""
        low, high = self.dtype.ends
        low = -high if self.dtype is DType.INT16 else low
        return self.scale * (low - self.zero_point), self.scale * (high - self.zero_point)

    @property
    def two_sided(self) -> bool:
        """Whether either end may move alone."""
        return self.dtype is DType.INT8 and -128 < self.zero_point < 127

    def resized(self, low: float, high: float) -> Range:
        """The range with its real ends times ``low`` and ``high``."""
        bottom, top = self.ends
        return Range.of(bottom * low, top * high, self.dtype) or self


def _symmetric(reach: float) -> Range | None:
    """The int16 parameters up to ``reach``; None for an empty range."""
    scale = float(np.float32(reach / DType.INT16.ends[1]))
    if scale <= 0 or not np.isfinite(scale):
        return None
    return Range(scale=scale, zero_point=0, dtype=DType.INT16)


def with_range(model: Model, group: ScaleGroup, chosen: Range) -> Model:
    """The model with another range for one group of activations."""
    return with_ranges(model, [(group, chosen)])


def with_ranges(model: Model, ranges: Iterable[tuple[ScaleGroup, Range]]) -> Model:
    """The model with other ranges for groups of activations, one after the other.

    Edits that do not meet are made at once: each file that results is verified and parsed.
    """
    edits: list[TensorEdit] = []
    written: set[int] = set()
    for group, chosen in ranges:
        own = rescale_edits(model, group, chosen.scale, chosen.zero_point)
        if written & _places(model, own):
            model, edits, written = patched(model, edits), [], set()
            own = rescale_edits(model, group, chosen.scale, chosen.zero_point)
        edits += own
        written |= _places(model, own)
    return patched(model, edits) if edits else model


def _places(model: Model, edits: Iterable[TensorEdit]) -> set[int]:
    """Where in the file the edits' vectors begin."""
    return {find_field(model, edit.tensor, edit.field).offset for edit in edits}
