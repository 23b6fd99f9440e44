"""Labels in the forms that people keep them in, as class indices or marks.

The form is read from the labels alone, so that a ``target.toml`` gives the same labels every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown

INDICES, ONE_HOT, NAMES, SIGNS, MARKS, REAL = (
    "class indices", "one-hot", "names", "-1 and 1", "marks 0 and 1", "real values",
)  # fmt: skip
"""The forms, in words."""

LARGEST = 2.0**62
"""Beyond any class index."""


def form_of(labels: NDArray[Any]) -> str:
    """The form of labels (n, ...): one of the constants above.

    A row of 0 and 1 with exactly one 1 in each row is one-hot; any other of 0 and 1 is marks.
    One value a sample is a class index where it is whole, -1 and 1 where there is nothing else.
    """
    if labels.dtype.kind in "USO":
        return NAMES
    wide = labels.size != len(labels)
    if not is_whole(labels):
        return REAL
    if not wide:
        return SIGNS if np.array_equal(np.unique(labels), (-1, 1)) else INDICES
    if not np.isin(labels, (0, 1)).all():
        return REAL
    single = labels.ndim == 2 and bool((labels.sum(axis=1) == 1).all())
    return ONE_HOT if single else MARKS


def is_whole(values: NDArray[Any]) -> bool:
    """Whether numbers are whole."""
    return values.dtype.kind in "biu" or bool(np.all(values == np.trunc(values)))


def class_indices(key: str, labels: NDArray[Any], names: Sequence[str] = ()) -> NDArray[np.int64]:
    """Class indices i64[n] of labels in any form but real values and marks.

    Names count by their place in ``names``, or, without it, among the sorted names found.
    Raises BadInputError for another form, and for a name that is not among ``names``.
    """
    form = form_of(labels)
    if form == NAMES:
        return _places(key, labels.reshape(-1), names)
    if form == ONE_HOT:
        return np.asarray(labels.argmax(axis=1), np.int64)
    if form == SIGNS:
        return (labels.reshape(-1) > 0).astype(np.int64)
    if form == INDICES and _fit(labels):
        return labels.reshape(-1).astype(np.int64)
    raise BadInputError(
        f"array '{shown(key)}' holds classes from {labels.min()} to {labels.max()}"
        if form == INDICES
        else f"array '{shown(key)}' holds {form}, {labels.dtype}{list(labels.shape)}, and not one "
        "class index a sample, one-hot rows or names, the labels of a classification"
    )


def _fit(labels: NDArray[Any]) -> bool:
    """Whether every label fits an i64, also less or plus an offset."""
    return labels.size == 0 or bool(labels.max() < LARGEST and labels.min() > -LARGEST)


def _places(key: str, labels: NDArray[Any], names: Sequence[str]) -> NDArray[np.int64]:
    texts = [str(label) for label in labels]
    place = {name: index for index, name in enumerate(names or sorted(set(texts)))}
    unknown = next((label for label in texts if label not in place), None)
    if unknown is not None:
        raise BadInputError(
            f"array '{shown(key)}' holds the label '{shown(unknown)}', which is not among the "
            f"class names: {', '.join(shown(name) for name in names)}"
        )
    return np.array([place[label] for label in texts], np.int64)


def marks(key: str, labels: NDArray[Any], names: Sequence[str] = ()) -> NDArray[np.int64]:
    """Marks 0 and 1, i64[n, labels]: rows of them, or one mark, sign or name (of two) a sample.

    Raises BadInputError for other values.
    """
    form = form_of(labels)
    wide = labels.reshape(len(labels), -1)
    if form in {NAMES, SIGNS}:
        wide = class_indices(key, labels, names)[:, None]
    elif np.isin(wide, (-1, 1)).all():
        wide = wide > 0  # a set may hold one of the two signs alone
    if not np.isin(wide, (0, 1)).all():
        raise BadInputError(
            f"array '{shown(key)}' holds other labels than 0 and 1 (or two names, or -1 and 1)"
        )
    return wide.astype(np.int64)
