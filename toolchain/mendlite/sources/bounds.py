"""What may be loaded at a time, and which values no model takes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError

LOADED = 2**32
"""Most bytes of the samples that are in memory together."""

SAMPLES = 2**26
"""Most samples of a source."""


def require_loadable(where: str, count: int, shape: tuple[int, ...], itemsize: int) -> None:
    """Raise BadInputError where ``count`` samples of this shape do not fit in memory."""
    total = count * prod(shape) * itemsize
    if total > LOADED:
        raise BadInputError(
            f"{where}: {count} samples of {form(shape)} take {total / 2**30:.1f} GB: at most "
            f"{LOADED / 2**30:.0f} GB are loaded at a time; take fewer samples"
        )


def form(shape: tuple[int, ...]) -> str:
    """A sample's shape in words: ``32 x 32 x 3``; ``one value`` for a scalar."""
    return " x ".join(map(str, shape)) if shape else "one value"


def require_finite_rows(where: str, values: NDArray[Any], rows: NDArray[np.int64]) -> None:
    """Raise BadInputError that names the first of ``rows`` with a NaN or infinite value."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return
    bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
    raise BadInputError(
        f"{where}: {int(bad.sum())} of {len(values)} samples hold NaN or infinite values, first "
        f"in row {int(rows[int(bad.argmax())])}"
    )
