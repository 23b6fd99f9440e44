"""Where the values of a tensor's editable fields lie in the file, and what they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.packing import packed_size, unpack, write_packed
from mendlite.errors import BadInputError
from mendlite.model.delta import Field
from mendlite.model.graph import Model
from mendlite.model.tensor import INT4_RANGE, DType

SCALE_TYPE = np.dtype("<f4")
ZERO_POINT_TYPE = np.dtype("<i8")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLocation:
    """A vector in the file: ``count`` values of ``dtype`` from byte ``offset`` on.

    ``packed``: int8 values of 4 bits, two a byte.
    """

    offset: int
    dtype: np.dtype[np.generic]
    count: int
    packed: bool = False

    def read(self, data: bytes) -> NDArray[np.generic]:
        """The values, flat and read-only."""
        if self.packed:
            return unpack(np.frombuffer(data, np.uint8, self._size, self.offset), self.count)
        return np.frombuffer(data, self.dtype, self.count, self.offset)

    def write(self, data: bytearray, index: NDArray[np.int64], values: NDArray[np.generic]) -> None:
        """Write values at rising places ``index`` i64[n], in place.

        Raises BadInputError for a value that 4 bits do not hold.
        """
        if not self.packed:
            np.frombuffer(data, self.dtype, self.count, self.offset)[index] = values
            return
        low, high = INT4_RANGE
        if values.size and not low <= int(values.min()) <= int(values.max()) <= high:
            raise BadInputError(f"an int4 value outside {low} ... {high}")
        write_packed(np.frombuffer(data, np.uint8, self._size, self.offset), index, values)

    def byte_offsets(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """The file offset of the byte in which each value begins, i64[n]."""
        if self.packed:
            return self.offset + index // 2
        return self.offset + self.dtype.itemsize * index

    @property
    def _size(self) -> int:
        return packed_size(self.count)


def find_field(model: Model, tensor: int, field: Field) -> FieldLocation:
    """Where ``field`` of ``tensor`` lies; raises BadInputError where the file has none."""
    if not 0 <= tensor < len(model.tensors):
        raise BadInputError(f"tensor {tensor} does not exist: the file has {len(model.tensors)}")
    described = model.tensors[tensor]
    place = f"tensor {tensor} '{described.name}'"
    if field is Field.DATA:
        if described.buffer is None or described.data is None:
            raise BadInputError(f"{place} is not a constant: there are no values to edit")
        return FieldLocation(
            offset=described.buffer.offset,
            dtype=described.data.dtype,
            count=described.data.size,
            packed=described.dtype is DType.INT4,
        )
    if described.quant is None:
        raise BadInputError(f"{place} is not quantized: there is no {field.value} to edit")
    count = described.quant.scale.size
    if field is Field.SCALE:
        return FieldLocation(offset=described.quant.scale_offset, dtype=SCALE_TYPE, count=count)
    if described.quant.zero_point_offset is None:
        raise BadInputError(f"{place} has no zero-point vector to edit in place")
    return FieldLocation(
        offset=described.quant.zero_point_offset, dtype=ZERO_POINT_TYPE, count=count
    )
