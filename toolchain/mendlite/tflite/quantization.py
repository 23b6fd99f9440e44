"""Read the quantization of a tensor of a verified file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.tensor import DType, QuantParams
from mendlite.tflite.verified_table import VerifiedTable

CUSTOM, BLOCKWISE = 1, 2
"""The schema's ``QuantizationDetails``."""


def details_of(raw: VerifiedTable) -> int:
    """Which ``QuantizationDetails`` a ``Tensor`` has; 0 for none."""
    quant = raw.child("quantization")
    return 0 if quant is None else int(quant.scalar("details_type", "B"))


def scales_of(raw: VerifiedTable) -> NDArray[np.float32] | None:
    """The scale vector of a ``Tensor``; None where there is none."""
    quant = raw.child("quantization")
    return None if quant is None else _scales(quant)


def _scales(quant: VerifiedTable) -> NDArray[np.float32] | None:
    scales = quant.array("scale", "<f4")
    return scales if scales.size else None


def axis_of(raw: VerifiedTable) -> int:
    """The quantized dimension that the file names for a ``Tensor``."""
    quant = raw.child("quantization")
    return 0 if quant is None else int(quant.scalar("quantized_dimension", "i"))


def _require_positive(scales: NDArray[np.float32], place: str) -> None:
    """Raise for a scale that is negative or no number; 0 is checked where operators are known."""
    wrong = np.flatnonzero(~(np.isfinite(scales) & (scales >= 0)))
    if wrong.size:
        channel = int(wrong[0])
        raise MalformedModelError(
            f"{place}: scale {channel} is {scales[channel]}; it must be positive"
        )


def _zero_points(quant: VerifiedTable, scales: int, dtype: DType, place: str) -> NDArray[np.int64]:
    zero = quant.array("zero_point", "<i8")
    if zero.size == 0:
        return np.zeros(scales, np.int64)
    if zero.size not in (1, scales):
        raise MalformedModelError(f"{place}: {scales} scales but {zero.size} zero-points")
    storage = dtype.numpy
    if storage is not None and storage.kind in "iu":
        limits = np.iinfo(storage)
        if zero.min() < limits.min or zero.max() > limits.max:
            raise MalformedModelError(f"{place}: a zero-point lies outside {dtype.value}")
    return np.broadcast_to(zero, (scales,)).copy()


def _axis(quant: VerifiedTable, shape: tuple[int, ...], scales: int, place: str) -> int:
    axis = int(quant.scalar("quantized_dimension", "i"))
    if scales == 1:
        return axis if 0 <= axis < max(len(shape), 1) else 0
    # A vector has one axis, whatever the file calls it; no kernel of TFLite Micro looks.
    if len(shape) == 1:
        axis = 0
    if not 0 <= axis < len(shape) or shape[axis] != scales:
        raise MalformedModelError(
            f"{place}: {scales} scales along axis {axis} do not fit its shape {list(shape)}"
        )
    return axis


def names_no_axis(raw: VerifiedTable, shape: tuple[int, ...]) -> bool:
    """Whether a tensor of rank 1 with a scale per element declares an axis > 0 for them."""
    if len(shape) != 1:
        return False
    scales = scales_of(raw)
    if scales is None or scales.size == 1:
        return False
    return axis_of(raw) != 0


def read_quant(
    raw: VerifiedTable, shape: tuple[int, ...], dtype: DType, place: str
) -> QuantParams | None:
    """The quantization of a ``Tensor``; None where it has none, a scale of 0, or one per block.

    Raises MalformedModelError for values that cannot be, UnsupportedModelError for custom
    quantization.
    """
    quant, details = raw.child("quantization"), details_of(raw)
    if quant is None or details == BLOCKWISE:
        return None
    if details:
        kind = "custom quantization" if details == CUSTOM else f"quantization of kind {details}"
        raise UnsupportedModelError(
            f"{place}: {kind} is not read; quantize with a scale per tensor, channel or block"
        )
    scales = _scales(quant)
    if scales is None:
        return None
    _require_positive(scales, place)
    zero = _zero_points(quant, scales.size, dtype, place)
    axis = _axis(quant, shape, scales.size, place)
    if not scales.all():
        return None
    values = scales.astype(np.float64)
    values.flags.writeable = zero.flags.writeable = False
    at, count = quant.vector("zero_point")
    return QuantParams(
        scale=values,
        zero_point=zero,
        axis=axis,
        scale_offset=quant.vector("scale")[0],
        zero_point_offset=at if count == values.size else None,
    )
