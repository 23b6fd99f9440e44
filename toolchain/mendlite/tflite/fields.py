"""Where the values of a tensor's editable fields lie in the file, and what they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.model.delta import Field
from mendlite.model.graph import Model

SCALE_TYPE = np.dtype("<f4")
ZERO_POINT_TYPE = np.dtype("<i8")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLocation:
    """A vector in the file: ``count`` values of ``dtype`` from byte ``offset`` on."""

    offset: int
    dtype: np.dtype[np.generic]
    count: int

    def read(self, data: bytes) -> NDArray[np.generic]:
        """The values as a read-only view, flat."""
        return np.frombuffer(data, self.dtype, self.count, self.offset)


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
            offset=described.buffer.offset, dtype=described.data.dtype, count=described.data.size
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
