"""Tensors of a ``.tflite`` file, their quantization and where their bytes lie."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHT_LIMIT = 127
"""int8 weights keep TFLite's narrow range, -127 to 127."""

UINT8_WEIGHTS = (1, 255)
"""uint8 weights keep TFLite's narrow range, too: kernels multiply them fast where none is 0."""

UINT8_OFFSET = 128
"""A uint8 value, or zero-point, is so much above the int8 one of the same real value."""

INT4_RANGE = (-8, 7)
"""int4 weights use all 16 values: every kernel extends the sign of a nibble, also of -8."""


class DType(Enum):
    """Element types of the TFLite schema (``TensorType``), by the schema's names."""

    FLOAT32 = "FLOAT32"
    FLOAT16 = "FLOAT16"
    INT32 = "INT32"
    UINT8 = "UINT8"
    INT64 = "INT64"
    STRING = "STRING"
    BOOL = "BOOL"
    INT16 = "INT16"
    COMPLEX64 = "COMPLEX64"
    INT8 = "INT8"
    FLOAT64 = "FLOAT64"
    COMPLEX128 = "COMPLEX128"
    UINT64 = "UINT64"
    RESOURCE = "RESOURCE"
    VARIANT = "VARIANT"
    UINT32 = "UINT32"
    UINT16 = "UINT16"
    INT4 = "INT4"
    BFLOAT16 = "BFLOAT16"
    INT2 = "INT2"
    UINT4 = "UINT4"
    FLOAT8 = "FLOAT8"
    """A type that the schema package lacks: named, never computed with."""

    @property
    def numpy(self) -> np.dtype[Any] | None:
        """The numpy dtype of one element, little-endian; None where numpy has none."""
        return _NUMPY.get(self)

    @property
    def is_weight(self) -> bool:
        """Whether weights of this type are edited: int8, int4 (two values a byte) or uint8."""
        return self in _WEIGHT_RANGES

    @property
    def ends(self) -> tuple[int, int]:
        """The smallest and the largest value of an integer type; ValueError for other types."""
        limits = np.iinfo(self.numpy or np.float32)
        return int(limits.min), int(limits.max)

    @property
    def weight_range(self) -> tuple[int, int]:
        """The smallest and the largest weight that is written; KeyError for other types."""
        return _WEIGHT_RANGES[self]

    @property
    def stored_range(self) -> tuple[int, int]:
        """The smallest and the largest weight that a file may hold; KeyError for other types."""
        return _STORED_RANGES[self]


STORED = frozenset({DType.INT8, DType.UINT8, DType.INT16})
"""Types of activations that are stored in steps of a scale."""

_NUMPY: dict[DType, np.dtype[Any]] = {
    DType.FLOAT32: np.dtype("<f4"),
    DType.FLOAT16: np.dtype("<f2"),
    DType.FLOAT64: np.dtype("<f8"),
    DType.INT8: np.dtype("i1"),
    DType.UINT8: np.dtype("u1"),
    DType.BOOL: np.dtype("?"),
    DType.INT16: np.dtype("<i2"),
    DType.UINT16: np.dtype("<u2"),
    DType.INT32: np.dtype("<i4"),
    DType.UINT32: np.dtype("<u4"),
    DType.INT64: np.dtype("<i8"),
    DType.UINT64: np.dtype("<u8"),
    DType.COMPLEX64: np.dtype("<c8"),
    DType.COMPLEX128: np.dtype("<c16"),
}


_WEIGHT_RANGES: dict[DType, tuple[int, int]] = {
    DType.INT8: (-WEIGHT_LIMIT, WEIGHT_LIMIT),
    DType.INT4: INT4_RANGE,
    DType.UINT8: UINT8_WEIGHTS,
}
_STORED_RANGES: dict[DType, tuple[int, int]] = {
    DType.INT8: (-128, 127),
    DType.INT4: INT4_RANGE,
    DType.UINT8: (0, 255),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantParams:
    """Affine quantization: real = scale * (q - zero_point).

    ``scale`` f64[C] holds the file's float32 values exactly; ``zero_point`` i64[C];
    C = 1 per tensor, or the length of dimension ``axis`` per channel.
    ``scale_offset`` and ``zero_point_offset`` are the byte offsets of the first element of
    the vectors in the file (float32 and int64, little-endian), for editing them in place;
    ``zero_point_offset`` is None where the file leaves the vector out (all zero).
    """

    scale: NDArray[np.float64]
    zero_point: NDArray[np.int64]
    axis: int
    scale_offset: int
    zero_point_offset: int | None

    @property
    def per_channel(self) -> bool:
        """Whether there is more than one scale."""
        return self.scale.size > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockScales:
    """Scales of int4 weights [C, K] by block: real = scale[c, k // size] * q[c, k].

    ``scale`` f64[C, K / size] holds the float16 values of the constant ``tensor`` exactly; there
    are no zero-points.
    """

    tensor: int
    size: int
    scale: NDArray[np.float64]

    def of_weights(self) -> NDArray[np.float64]:
        """The scale of each weight, f64[C, K]."""
        return np.repeat(self.scale, self.size, axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferRef:
    """Where the bytes of a constant tensor lie in the file.

    ``offset`` and ``size`` in bytes; ``tensors`` are the indices of every tensor of the
    graph that names this buffer (more than one: it is shared). ``elsewhere`` are the other
    signatures of the file that read these bytes, in words.
    """

    index: int
    offset: int
    size: int
    tensors: tuple[int, ...]
    elsewhere: tuple[str, ...] = ()

    @property
    def shared(self) -> bool:
        """Whether more than one tensor reads these bytes."""
        return len(self.tensors) > 1 or bool(self.elsewhere)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One tensor. ``data`` is a read-only view into the file's bytes, None if not constant.

    Of an INT4 constant, ``data`` are its values as int8, -8 to 7. ``shape`` is the static shape of
    the file. ``blocks`` are the scales of weights that have one for each block; ``quant`` is None
    then. Of a constant that is ``sparse``, ``data`` is None and ``dense`` its values in its shape.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: DType
    quant: QuantParams | None
    buffer: BufferRef | None
    data: NDArray[np.generic] | None
    is_variable: bool = False
    sparse: bool = False
    dense: NDArray[np.generic] | None = None
    blocks: BlockScales | None = None

    def quantization(self) -> QuantParams:
        """The quantization; raises ValueError where the tensor has none."""
        if self.quant is None:
            raise ValueError(f"tensor {self.index} '{self.name}' is not quantized")
        return self.quant

    @property
    def elements(self) -> int:
        """Values of the static shape."""
        return prod(self.shape)

    @property
    def scale(self) -> float:
        """The scale of a tensor that has one for all channels; ValueError where it has none."""
        return float(self.quantization().scale[0])

    @property
    def zero_point(self) -> int:
        """The zero-point of a tensor that has one for all channels, as ``scale``."""
        return int(self.quantization().zero_point[0])

    @property
    def weight_range(self) -> tuple[int, int]:
        """The smallest and the largest weight that is written, in steps from the zero-point.

        0, a real weight of 0, lies within. KeyError for types that are no weights.
        """
        low, high = self.dtype.weight_range
        return min(low - self.weight_zero_point, 0), max(high - self.weight_zero_point, 0)

    @property
    def stored_range(self) -> tuple[int, int]:
        """The smallest and the largest weight that a file may hold, as ``weight_range``."""
        low, high = self.dtype.stored_range
        return low - self.weight_zero_point, high - self.weight_zero_point

    @property
    def weight_zero_point(self) -> int:
        """The zero-point of weights: uint8 ones alone have one."""
        return self.zero_point if self.dtype is DType.UINT8 and self.quant is not None else 0

    def constant(self) -> NDArray[np.generic]:
        """The constant's values, of ``shape``; raises ValueError where it has none."""
        values = self.dense if self.data is None else self.data
        if values is None:
            raise ValueError(f"tensor {self.index} '{self.name}' is not a constant")
        return values
