"""What labels and stored values may hold, looked at before anything computes with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.label_forms import class_indices, is_whole, marks
from mendlite.errors import BadInputError
from mendlite.reading.limited import shown

LARGEST = 2**31 - 1
"""Of a class index, with its offset."""

NUMBERS = "biuf"
"""Kinds of arrays that hold numbers."""


def require_finite(key: str, array: NDArray[Any]) -> None:
    """Raise BadInputError, naming the array's first bad row, for NaN and infinite values."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    bad = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
    raise BadInputError(
        f"array '{shown(key)}' holds NaN or infinite values in {int(bad.sum())} of its "
        f"{len(array)} rows, first in row {int(bad.argmax())}"
    )


def read_labels(
    kind: str,
    key: str,
    labels: NDArray[Any],
    offset: int = 0,
    names: Sequence[str] = (),
    *,
    places: int = 1,
) -> NDArray[Any]:
    """The labels as a task of this kind takes them, from any form of ``label_forms``.

    Of a classification: i64[n], with ``offset`` added, and i64[n, places] where a sample has
    classes at several ``places``; of next tokens i64[n, ...].
    Of multi-label: marks i64[n, labels], of an autoencoder: marks i64[n].
    ``names`` are class names by index, for labels that are names.
    Raises BadInputError for labels of another form, shape or range.
    """
    if kind == "classification" and places > 1:
        return _classes(key, at_places(key, labels, places), offset, names).reshape(-1, places)
    if kind == "classification":
        return _classes(key, labels, offset, names)
    if kind == "next-token":
        return _tokens(key, labels, offset)
    if kind == "multi-label":
        return _zero_or_one(kind, key, labels, names)
    if kind == "autoencoder":
        if labels.size != len(labels):
            raise _bad_shape(key, labels, "one mark a sample")
        return _zero_or_one(kind, key, labels, names).reshape(-1)
    if labels.dtype.kind not in NUMBERS:
        raise BadInputError(
            f"array '{shown(key)}' is {labels.dtype}: labels of a {kind} are numbers"
        )
    return labels


def at_places(key: str, labels: NDArray[Any], places: int) -> NDArray[Any]:
    """Labels (n, places, ...) one behind the other; raises BadInputError for another shape."""
    if labels.shape[1:2] != (places,):
        raise _bad_shape(key, labels, f"(N, {places}): a class for each of a sample's rows")
    return labels.reshape(len(labels) * places, *labels.shape[2:])


def _zero_or_one(
    kind: str, key: str, labels: NDArray[Any], names: Sequence[str]
) -> NDArray[np.int64]:
    try:
        return marks(key, labels, names)
    except BadInputError as error:
        raise BadInputError(f"{error}: labels of a {kind} are marks") from None


def _classes(
    key: str, labels: NDArray[Any], offset: int, names: Sequence[str]
) -> NDArray[np.int64]:
    indices = class_indices(key, labels, names)
    low, high = int(indices.min()) + offset, int(indices.max()) + offset
    if low < 0 or high > LARGEST:
        raise BadInputError(
            f"array '{shown(key)}' holds classes from {low} to {high}, label_offset added: a "
            f"class index is not negative and at most {LARGEST}"
        )
    return indices + offset


def _tokens(key: str, labels: NDArray[Any], offset: int) -> NDArray[np.int64]:
    if labels.dtype.kind not in NUMBERS or not is_whole(labels):
        raise BadInputError(f"array '{shown(key)}' is {labels.dtype}: next tokens are whole ids")
    low, high = int(labels.min(initial=0)) + offset, int(labels.max(initial=0)) + offset
    if low < 0 or high > LARGEST:
        raise BadInputError(
            f"array '{shown(key)}' holds tokens from {low} to {high}: an id is not negative"
        )
    return labels.astype(np.int64) + offset


def _bad_shape(key: str, labels: NDArray[Any], wanted: str) -> BadInputError:
    return BadInputError(f"array '{shown(key)}' has shape {list(labels.shape)}, not {wanted}")
