"""Samples that can show nothing, or too little."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.labels import require_finite
from mendlite.errors import BadInputError
from mendlite.model.loaded_data import LoadedData


def require_samples(data: LoadedData) -> None:
    """Raise BadInputError where the arrays are no numbers, or all samples are equal."""
    for name, array in zip(data.names, data.arrays, strict=True):
        if array.dtype.kind not in "biuf":
            raise BadInputError(f"array '{name}' holds {array.dtype}, not numbers")
        require_finite(name, array)
    if not any(_varies(array) for array in data.arrays):
        raise BadInputError(
            f"all {data.count} samples are equal: give samples like those that the device will see"
        )


def _varies(array: NDArray[Any]) -> bool:
    return len(array) > 1 and bool(np.any(array[1:] != array[:1]))
