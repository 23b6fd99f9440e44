"""A tensor of a .tflite: its shape, type, quantization and constant, and where their bytes lie."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.flatbuffer import FlatbufferTable, FlatbufferVector
from mendlite.checker.sparse import written_out
from mendlite.errors import MalformedModelError, UnsupportedModelError

DTYPES = {
    0: "<f4", 1: "<f2", 2: "<i4", 3: "u1", 4: "<i8", 6: "?", 7: "<i2", 9: "i1", 10: "<f8",
    12: "<u8", 15: "<u4", 16: "<u2",
}  # fmt: skip
"""numpy's names of the schema's ``TensorType``; a constant of another type has no values."""

INT4 = 17
"""Two values a byte, the first in the low half; as int8 once read."""

BLOCKWISE = 2
"""The quantization's ``details_type`` where weights have a scale for each block."""

MOST_RANK, MOST_ELEMENTS = 8, 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Quant:
    """real = scale * (stored - zero_point); f64[C] and i64[C], C is 1 or the channels.

    ``scale_at`` and ``zero_at`` are the vectors' byte offsets; ``zero_at`` is None where the file
    holds no zero-point per scale.
    """

    scale: NDArray[np.float64]
    zero_point: NDArray[np.int64]
    scale_at: int
    zero_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """``scale`` f32[C, K / size] of each ``size`` weights of a row."""

    size: int
    scale: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorView:
    """A tensor; ``data`` and its byte offset ``at`` where it is a constant of a known type.

    ``type`` is the schema's number of its type; an int4 constant's values are int8. ``blocks``
    are read by ``block_scales.py``. ``is_variable``: an operator keeps its state in it.
    ``known``: values that the file does not hold as they are: of a sparse constant, which DENSIFY
    alone reads, and of what DENSIFY and DEQUANTIZE make of a constant.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None
    quant: Quant | None
    data: NDArray[Any] | None
    at: int
    type: int = 0
    blocks: BlockView | None = None
    is_variable: bool = False
    known: NDArray[Any] | None = None

    @property
    def packed(self) -> bool:
        """Whether the file holds two values a byte."""
        return self.type == INT4

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of one sample: the tensor's, without a first axis of 1."""
        return self.shape[1:] if self.shape[:1] == (1,) else self.shape

    @property
    def scale(self) -> float:
        """The one scale of an activation; raises MalformedModelError without."""
        return float(self.quantized.scale[0])

    @property
    def zero(self) -> int:
        """The one zero-point of an activation."""
        return int(self.quantized.zero_point[0])

    @property
    def quantized(self) -> Quant:
        """The quantization; raises MalformedModelError without."""
        if self.quant is None:
            raise MalformedModelError(f"tensor {self.index} '{self.name}' has no quantization")
        return self.quant


def read_tensor(table: FlatbufferTable, index: int, buffers: FlatbufferVector | None) -> TensorView:
    """One tensor of the subgraph; ``buffers`` are the file's."""
    name = table.vector(3, 1, "name")
    text = b"" if name is None else name.array("u1").tobytes()
    shape = _shape(table)
    kind = int(table.scalar(1, "b"))
    dtype = np.dtype(DTYPES[kind]) if kind in DTYPES else None
    dtype = np.dtype("i1") if kind == INT4 else dtype
    buffer = _buffer(table, buffers)
    values = known = None
    if buffer is not None and buffer.count and dtype is not None:
        # Sparse values are stored otherwise than their shape says.
        if table.where(6):
            known = written_out(table, buffer, shape, dtype) if kind != INT4 else None
        else:
            read = _nibbles if kind == INT4 else _values
            values = read(table, buffer, shape, dtype)
    return TensorView(
        index=index,
        name=_printable(text.decode("utf-8", "backslashreplace")),
        shape=shape,
        dtype=dtype,
        quant=_quant(table, dtype),
        data=values,
        at=0 if buffer is None else buffer.at,
        type=kind,
        is_variable=bool(table.scalar(5, "?")),
        known=known,
    )


def _shape(table: FlatbufferTable) -> tuple[int, ...]:
    """A shape; extents beside a 0 are bounded, too: numpy multiplies them all."""
    shape = table.numbers(0, "<i4", MOST_RANK, "shape")
    if min(shape, default=0) < 0 or prod(max(extent, 1) for extent in shape) > MOST_ELEMENTS:
        raise MalformedModelError(f"{table.place}: its shape {list(shape)} is impossible")
    return shape


def _printable(text: str) -> str:
    """The text with control characters escaped: a terminal must not obey a file."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _buffer(table: FlatbufferTable, buffers: FlatbufferVector | None) -> FlatbufferVector | None:
    number = int(table.scalar(2, "I"))
    if number == 0:
        return None
    if buffers is None or number >= buffers.count:
        raise MalformedModelError(f"{table.place}: buffer {number} does not exist")
    buffer = buffers.table(number)
    inside = buffer.vector(0, 1, "data")
    offset = int(buffer.scalar(1, "Q"))
    if offset <= 1:
        return inside
    if inside is not None:
        raise MalformedModelError(f"{buffer.place}: its bytes lie inside and outside")
    return buffer.outside(offset, int(buffer.scalar(2, "Q")), "offset")


def _values(
    table: FlatbufferTable, buffer: FlatbufferVector, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> NDArray[Any]:
    count = prod(shape)
    if min(shape, default=1) < 0 or count * dtype.itemsize != buffer.count:
        raise MalformedModelError(f"{table.place}: {buffer.count} bytes are not {list(shape)}")
    return np.frombuffer(buffer.data, dtype, count, buffer.at).reshape(shape)


def _nibbles(
    table: FlatbufferTable, buffer: FlatbufferVector, shape: tuple[int, ...], _dtype: np.dtype[Any]
) -> NDArray[Any]:
    count = prod(shape)
    if (count + 1) // 2 != buffer.count:
        raise MalformedModelError(f"{table.place}: {buffer.count} bytes are not int4 {list(shape)}")
    values = nibbles(np.frombuffer(buffer.data, "u1", buffer.count, buffer.at), count)
    return values.reshape(shape)


def nibbles(packed: NDArray[Any], count: int) -> NDArray[np.int8]:
    """The values i8[count] of bytes: low half first, bit 3 is the sign."""
    halves = np.stack([packed & 15, packed >> 4], axis=1).reshape(-1)[:count].astype(np.int8)
    return np.where(halves > 7, halves - 16, halves).astype(np.int8)


def scales_of(table: FlatbufferTable) -> FlatbufferVector | None:
    """The scales of a tensor's table; None without any."""
    quant = table.child(4, "quantization")
    scale = None if quant is None else quant.vector(2, 4, "scale")
    return scale if scale is not None and scale.count else None


def details_of(table: FlatbufferTable) -> int:
    """The ``details_type`` of a tensor's quantization; 0 without."""
    quant = table.child(4, "quantization")
    return 0 if quant is None else int(quant.scalar(4, "B"))


def _quant(table: FlatbufferTable, dtype: np.dtype[Any] | None) -> Quant | None:
    quant = table.child(4, "quantization")
    if details_of(table) == BLOCKWISE:
        return None
    if details_of(table):
        raise UnsupportedModelError(f"{table.place}: custom quantization")
    scale = scales_of(table)
    if quant is None or scale is None:
        return None
    stored = scale.array("<f4")
    if not (np.isfinite(stored).all() and (stored >= 0).all()):
        raise MalformedModelError(f"{table.place}: a scale is not positive")
    zero = quant.vector(3, 8, "zero_point")
    points = np.zeros(1, np.int64) if zero is None or not zero.count else zero.array("<i8")
    if points.size not in (1, stored.size):
        raise MalformedModelError(f"{table.place}: {points.size} zero-points")
    if dtype is not None and dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if points.min() < limits.min or points.max() > limits.max:
            raise MalformedModelError(f"{table.place}: a zero-point lies outside {dtype}")
    if not stored.all():
        return None
    whole = zero is not None and zero.count == stored.size
    return Quant(
        scale=stored.astype(np.float64),
        zero_point=np.broadcast_to(points, stored.shape),
        scale_at=scale.at,
        zero_at=zero.at if zero is not None and whole else None,
    )
