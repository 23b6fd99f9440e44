"""What the arrays of a source may hold, looked at before anything computes with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.labels import require_finite
from mendlite.errors import BadInputError
from mendlite.reading.limited import shown
from mendlite.targets.schema import Source


def require_rows(source: Source, values: Mapping[str, NDArray[Any]]) -> int:
    """The number of samples that a source's arrays hold.

    Raises BadInputError, naming the array, where they have no rows or not as many as each other,
    and where a value is NaN or infinite.
    """
    for key, array in values.items():
        if array.ndim == 0 or len(array) == 0:
            raise BadInputError(f"array '{shown(key)}' has no rows: shape {list(array.shape)}")
        require_finite(key, array)
    if source.jpeg is not None:
        return _require_jpegs(source, values)
    count = len(values[source.inputs[0]])
    for key, array in values.items():
        if len(array) != count:
            raise BadInputError(f"array '{shown(key)}' has {len(array)} rows, not {count}")
    return count


def _require_jpegs(source: Source, values: Mapping[str, NDArray[Any]]) -> int:
    offsets = source.jpeg.offsets if source.jpeg else ""
    count = len(values[offsets]) - 1
    if len(source.inputs) != 1 or count < 1:
        raise BadInputError("JPEG samples are one array of files and one of n + 1 offsets")
    _require_offsets(values[source.inputs[0]], values[offsets])
    for key in (source.labels, *source.outputs):
        if key is not None and len(values[key]) != count:
            raise BadInputError(f"array '{shown(key)}' has {len(values[key])} rows, not {count}")
    return count


def _require_offsets(data: NDArray[Any], offsets: NDArray[Any]) -> None:
    """Raise BadInputError unless uint8[bytes] ``data`` and integer[n + 1] ``offsets`` fit."""
    if data.dtype != np.uint8 or data.ndim != 1:
        raise BadInputError("the JPEG files must be one array of uint8 with one axis")
    if offsets.dtype.kind not in "iu" or offsets.ndim != 1 or offsets.size < 1:
        raise BadInputError("the offsets of the JPEG files must be whole numbers with one axis")
    whole = offsets.tolist()
    if whole != sorted(whole) or whole[0] < 0 or whole[-1] > data.size:
        raise BadInputError(f"the offsets of the JPEG files do not rise from 0 to {data.size}")
