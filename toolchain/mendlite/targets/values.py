"""What stored samples and labels may hold, looked at before anything computes with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown
from mendlite.targets.schema import Source, Target

LARGEST = 2**31 - 1
"""Of a class index, with its offset."""

ZERO_OR_ONE = ("multi-label", "autoencoder")
"""Tasks whose labels are marks."""


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


def require_finite(key: str, array: NDArray[Any]) -> None:
    """Raise BadInputError, naming the array's first bad row, for NaN and infinite values."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    bad = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
    raise BadInputError(
        f"array '{shown(key)}' holds NaN or infinite values in {int(bad.sum())} of its "
        f"{len(array)} rows, first in row {int(bad.argmax())}"
    )


def read_labels(target: Target, key: str, labels: NDArray[Any]) -> NDArray[Any]:
    """The labels as the task takes them: of a classification, i64[n] with the target's offset.

    Raises BadInputError for labels of another type, shape or range.
    """
    kind = target.task.kind
    if kind == "classification":
        return _classes(target, key, labels)
    if kind in ZERO_OR_ONE and not np.isin(labels, (0, 1)).all():
        raise BadInputError(f"array '{shown(key)}' holds other labels of a {kind} than 0 and 1")
    if kind == "autoencoder" and labels.ndim != 1:
        raise _shape(key, labels, "one mark a sample")
    if kind == "multi-label" and labels.ndim < 2:
        raise _shape(key, labels, "a row of marks a sample")
    return labels


def _classes(target: Target, key: str, labels: NDArray[Any]) -> NDArray[np.int64]:
    if labels.dtype.kind not in "iu":
        raise BadInputError(
            f"array '{shown(key)}' is {labels.dtype}: labels of a classification are class "
            "indices: save them as whole numbers"
        )
    if labels.ndim != 1:
        raise _shape(key, labels, "one class index a sample")
    low, high = int(labels.min()) + target.label_offset, int(labels.max()) + target.label_offset
    if low < 0 or high > LARGEST:
        raise BadInputError(
            f"array '{shown(key)}' holds classes from {low} to {high}, label_offset added: a "
            f"class index is not negative and at most {LARGEST}"
        )
    return labels.astype(np.int64) + target.label_offset


def _shape(key: str, labels: NDArray[Any], wanted: str) -> BadInputError:
    return BadInputError(f"array '{shown(key)}' has shape {list(labels.shape)}, not {wanted}")
