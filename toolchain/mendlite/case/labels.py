"""What labels and stored values may hold, looked at before anything computes with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown

LARGEST = 2**31 - 1
"""Of a class index, with its offset."""

ZERO_OR_ONE = ("multi-label", "autoencoder")
"""Tasks whose labels are marks."""


def require_finite(key: str, array: NDArray[Any]) -> None:
    """Raise BadInputError, naming the array's first bad row, for NaN and infinite values."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    bad = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
    raise BadInputError(
        f"array '{shown(key)}' holds NaN or infinite values in {int(bad.sum())} of its "
        f"{len(array)} rows, first in row {int(bad.argmax())}"
    )


def read_labels(kind: str, key: str, labels: NDArray[Any], offset: int = 0) -> NDArray[Any]:
    """The labels as a task of this kind takes them: of a classification, i64[n] plus ``offset``.

    Raises BadInputError for labels of another type, shape or range.
    """
    if kind == "classification":
        return _classes(key, labels, offset)
    if kind in ZERO_OR_ONE and not np.isin(labels, (0, 1)).all():
        raise BadInputError(f"array '{shown(key)}' holds other labels of a {kind} than 0 and 1")
    if kind == "autoencoder" and labels.ndim != 1:
        raise _bad_shape(key, labels, "one mark a sample")
    if kind == "multi-label" and labels.ndim < 2:
        raise _bad_shape(key, labels, "a row of marks a sample")
    return labels


def _classes(key: str, labels: NDArray[Any], offset: int) -> NDArray[np.int64]:
    if labels.dtype.kind not in "iu":
        raise BadInputError(
            f"array '{shown(key)}' is {labels.dtype}: labels of a classification are class "
            "indices: save them as whole numbers"
        )
    if labels.ndim != 1:
        raise _bad_shape(key, labels, "one class index a sample")
    low, high = int(labels.min()) + offset, int(labels.max()) + offset
    if low < 0 or high > LARGEST:
        raise BadInputError(
            f"array '{shown(key)}' holds classes from {low} to {high}, label_offset added: a "
            f"class index is not negative and at most {LARGEST}"
        )
    return labels.astype(np.int64) + offset


def _bad_shape(key: str, labels: NDArray[Any], wanted: str) -> BadInputError:
    return BadInputError(f"array '{shown(key)}' has shape {list(labels.shape)}, not {wanted}")
