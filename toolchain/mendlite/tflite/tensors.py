"""Read the tensors of a verified file: types, shapes, quantization, where the bytes lie."""

from __future__ import annotations

from collections import defaultdict
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.tensor import BufferRef, DType, QuantParams, Tensor

TYPES = tuple(DType)
"""Element types by their number in the schema; DType lists them in that order."""

ELEMENTS_AT_MOST = 2**31
RANK_AT_MOST = 8


def _describe(index: int, name: str) -> str:
    return f"tensor {index} '{name}'"


def _ints(table: Any, field: str) -> tuple[int, ...]:
    length = getattr(table, f"{field}Length")()
    if not length:
        return ()
    return tuple(int(v) for v in getattr(table, f"{field}AsNumpy")())


def text(raw: bytes | None) -> str:
    """A string of the file; bytes that are not UTF-8 and control characters are shown escaped."""
    decoded = (raw or b"").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in decoded)


def _offset(data: bytes, view: NDArray[np.generic]) -> int:
    """File offset of a numpy view into ``data``."""
    start = np.frombuffer(data, np.uint8).__array_interface__["data"][0]
    return int(view.__array_interface__["data"][0] - start)


def _shape(raw: Any, place: str) -> tuple[int, ...]:
    shape = _ints(raw, "Shape")
    if len(shape) > RANK_AT_MOST or any(d < 0 for d in shape):
        raise MalformedModelError(f"{place}: its shape {list(shape[:9])} is impossible")
    size = 1
    for extent in shape:
        size *= extent
    if size > ELEMENTS_AT_MOST:
        raise MalformedModelError(f"{place}: its shape {list(shape)} has {size} elements")
    return shape


def _dtype(raw: Any, place: str) -> DType:
    number = int(raw.Type())
    if not 0 <= number < len(TYPES):
        raise MalformedModelError(f"{place}: element type {number} is unknown")
    return TYPES[number]


def _zero_points(quant: Any, scales: int, place: str) -> NDArray[np.int64]:
    count = quant.ZeroPointLength()
    if count == 0:
        return np.zeros(scales, np.int64)
    zero = np.asarray(quant.ZeroPointAsNumpy(), np.int64)
    if count not in (1, scales):
        raise MalformedModelError(f"{place}: {scales} scales but {count} zero-points")
    return np.broadcast_to(zero, (scales,)).copy()


def _axis(quant: Any, shape: tuple[int, ...], scales: int, place: str) -> int:
    axis = int(quant.QuantizedDimension())
    if scales == 1:
        return axis if 0 <= axis < max(len(shape), 1) else 0
    if not 0 <= axis < len(shape) or shape[axis] != scales:
        raise MalformedModelError(
            f"{place}: {scales} scales along axis {axis} do not fit its shape {list(shape)}"
        )
    return axis


def _quant(
    data: bytes, raw: Any, shape: tuple[int, ...], dtype: DType, place: str
) -> QuantParams | None:
    quant = raw.Quantization()
    if quant is None or quant.ScaleLength() == 0:
        return None
    if quant.DetailsType():
        raise UnsupportedModelError(f"{place}: custom or blockwise quantization is not read")
    scales = quant.ScaleAsNumpy()
    values = scales.astype(np.float64)
    for channel, value in enumerate(values):
        if not isfinite(value) or value <= 0:
            raise MalformedModelError(f"{place}: scale {channel} is {value}; it must be positive")
    zero = _zero_points(quant, values.size, place)
    storage = dtype.numpy
    if storage is not None and storage.kind in "iu":
        limits = np.iinfo(storage)
        if zero.min() < limits.min or zero.max() > limits.max:
            raise MalformedModelError(f"{place}: a zero-point lies outside {dtype.value}")
    axis = _axis(quant, shape, values.size, place)
    values.flags.writeable = zero.flags.writeable = False
    here = None
    if quant.ZeroPointLength() == values.size:
        here = _offset(data, quant.ZeroPointAsNumpy())
    return QuantParams(
        scale=values,
        zero_point=zero,
        axis=axis,
        scale_offset=_offset(data, scales),
        zero_point_offset=here,
    )


def _sharers(subgraph: Any) -> dict[int, tuple[int, ...]]:
    """Tensors by the buffer that they name."""
    found: dict[int, list[int]] = defaultdict(list)
    for index in range(subgraph.TensorsLength()):
        found[subgraph.Tensors(index).Buffer()].append(index)
    return {buffer: tuple(tensors) for buffer, tensors in found.items()}


def _buffer(
    data: bytes, model: Any, number: int, sharers: tuple[int, ...], place: str
) -> BufferRef | None:
    if number >= model.BuffersLength():
        raise MalformedModelError(
            f"{place}: it names buffer {number} of {model.BuffersLength()} buffers"
        )
    raw = model.Buffers(number)
    if getattr(raw, "Offset", lambda: 0)() > 1:
        raise UnsupportedModelError(f"{place}: its data lies outside the flatbuffer (over 2 GB)")
    if number == 0 or raw.DataLength() == 0:
        return None
    view = raw.DataAsNumpy()
    return BufferRef(index=number, offset=_offset(data, view), size=view.size, tensors=sharers)


def _values(
    data: bytes, buffer: BufferRef, shape: tuple[int, ...], dtype: DType, place: str
) -> NDArray[np.generic] | None:
    """The constant as a read-only view; None for a type that numpy does not have."""
    storage = dtype.numpy
    if storage is None:
        return None
    count = int(np.prod(shape, dtype=np.int64))
    if buffer.size != count * storage.itemsize:
        raise MalformedModelError(
            f"{place}: buffer {buffer.index} has {buffer.size} bytes, but {dtype.value} "
            f"{list(shape)} takes {count * storage.itemsize}"
        )
    return np.frombuffer(data, storage, count, buffer.offset).reshape(shape)


def _tensor(
    data: bytes, model: Any, raw: Any, index: int, sharers: dict[int, tuple[int, ...]]
) -> Tensor:
    name = text(raw.Name())
    place = _describe(index, name)
    shape, dtype = _shape(raw, place), _dtype(raw, place)
    buffer = _buffer(data, model, raw.Buffer(), sharers[raw.Buffer()], place)
    sparse = raw.Sparsity() is not None
    values = None
    if buffer is not None and not sparse:
        values = _values(data, buffer, shape, dtype, place)
    return Tensor(
        index=index,
        name=name,
        shape=shape,
        shape_signature=_ints(raw, "ShapeSignature") or shape,
        dtype=dtype,
        quant=_quant(data, raw, shape, dtype, place),
        buffer=buffer,
        data=values,
        is_variable=bool(raw.IsVariable()),
        sparse=sparse,
    )


def read_tensors(data: bytes, model: Any, subgraph: Any) -> tuple[Tensor, ...]:
    """All tensors of one subgraph of a verified ``tflite.Model``.

    Raises MalformedModelError, naming the tensor, where a value is impossible.
    """
    sharers = _sharers(subgraph)
    return tuple(
        _tensor(data, model, subgraph.Tensors(index), index, sharers)
        for index in range(subgraph.TensorsLength())
    )
