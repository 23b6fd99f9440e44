"""Read the quantization of a tensor of a verified file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.tensor import DType, QuantParams
from mendlite.tflite.buffers import offset_in

DETAILS = {
    1: "custom quantization",
    2: "blockwise quantization (a scale for each block of weights, in a tensor of its own)",
}
"""The schema's ``QuantizationDetails``."""


def scales_of(raw: Any) -> NDArray[np.float32] | None:
    """The scale vector of a ``tflite.Tensor``; None where there is none."""
    quant = raw.Quantization()
    return None if quant is None else _scales(quant)


def _scales(quant: Any) -> NDArray[np.float32] | None:
    found = quant.ScaleAsNumpy()
    return None if isinstance(found, int) or not found.size else found


def _require_positive(scales: NDArray[np.float32], place: str) -> None:
    """Raise for a scale that is negative or no number; 0 is checked where operators are known."""
    wrong = np.flatnonzero(~(np.isfinite(scales) & (scales >= 0)))
    if wrong.size:
        channel = int(wrong[0])
        raise MalformedModelError(
            f"{place}: scale {channel} is {scales[channel]}; it must be positive"
        )


def _zero_points(quant: Any, scales: int, dtype: DType, place: str) -> NDArray[np.int64]:
    count = quant.ZeroPointLength()
    if count == 0:
        return np.zeros(scales, np.int64)
    if count not in (1, scales):
        raise MalformedModelError(f"{place}: {scales} scales but {count} zero-points")
    zero = np.asarray(quant.ZeroPointAsNumpy(), np.int64)
    storage = dtype.numpy
    if storage is not None and storage.kind in "iu":
        limits = np.iinfo(storage)
        if zero.min() < limits.min or zero.max() > limits.max:
            raise MalformedModelError(f"{place}: a zero-point lies outside {dtype.value}")
    return np.broadcast_to(zero, (scales,)).copy()


def _axis(quant: Any, shape: tuple[int, ...], scales: int, place: str) -> int:
    axis = int(quant.QuantizedDimension())
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


def names_no_axis(raw: Any, shape: tuple[int, ...]) -> bool:
    """Whether a tensor of rank 1 with a scale per element declares an axis > 0 for them."""
    if len(shape) != 1:
        return False
    scales = scales_of(raw)
    if scales is None or scales.size == 1:
        return False
    return bool(raw.Quantization().QuantizedDimension() != 0)


def read_quant(
    data: bytes, raw: Any, shape: tuple[int, ...], dtype: DType, place: str
) -> QuantParams | None:
    """The quantization of a ``tflite.Tensor``; None where it has none, or a scale of 0.

    Raises MalformedModelError for values that cannot be, UnsupportedModelError for blockwise and
    custom quantization.
    """
    quant = raw.Quantization()
    if quant is None:
        return None
    if quant.DetailsType():
        kind = DETAILS.get(quant.DetailsType(), f"quantization of kind {quant.DetailsType()}")
        raise UnsupportedModelError(
            f"{place}: {kind} is not read; quantize with a scale per tensor or channel"
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
    own = quant.ZeroPointLength() == values.size
    return QuantParams(
        scale=values,
        zero_point=zero,
        axis=axis,
        scale_offset=offset_in(data, scales),
        zero_point_offset=offset_in(data, quant.ZeroPointAsNumpy()) if own else None,
    )
