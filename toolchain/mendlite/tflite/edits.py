"""Make edits of a model's constants."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mendlite.model.delta import Delta, Field, TensorEdit
from mendlite.model.graph import Model
from mendlite.tflite.fields import find_field


def field_edit(
    model: Model, tensor: int, field: Field, values: NDArray[np.generic]
) -> TensorEdit | None:
    """The edit that makes one field of ``tensor`` hold ``values``; None where it does already.

    Compares bytes, so that a NaN or a negative zero counts as the value that it is. Raises
    ValueError where dtype or size differ from the file's.
    """
    old = find_field(model, tensor, field).read(model.data)
    new = np.ascontiguousarray(values).reshape(-1)
    if new.dtype != old.dtype or new.size != old.size:
        raise ValueError(f"tensor {tensor}: {new.dtype}[{new.size}] for {old.dtype}[{old.size}]")
    raw = np.dtype(f"V{old.dtype.itemsize}")
    index = np.flatnonzero(old.view(raw) != new.view(raw))
    if index.size == 0:
        return None
    return TensorEdit(tensor=tensor, field=field, index=index, old=old[index], new=new[index])


def data_edit(model: Model, tensor: int, values: NDArray[np.generic]) -> TensorEdit | None:
    """The edit that makes the constant ``tensor`` hold ``values``; None where it does."""
    return field_edit(model, tensor, Field.DATA, values)


def make_delta(model: Model, edits: Iterable[TensorEdit]) -> Delta:
    """A delta of ``model`` with its edits in their order; not sealed yet."""
    order = list(Field)
    ordered = tuple(sorted(edits, key=lambda e: (e.tensor, order.index(e.field))))
    return Delta(
        base_sha256=model.sha256, patched_sha256="", edits=ordered, signature=model.signature
    )
