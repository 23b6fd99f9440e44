"""A model with edits: the patched file, parsed."""

from __future__ import annotations

from collections.abc import Iterable

from mendlite.model.delta import TensorEdit
from mendlite.model.graph import Model
from mendlite.tflite.edits import make_delta
from mendlite.tflite.patch import apply
from mendlite.tflite.reread import reread


def patched(model: Model, edits: Iterable[TensorEdit | None]) -> Model:
    """``model`` with ``edits`` in its bytes, read again; None stands for no edit.

    A model's bytes were verified when it was read, and edits change values alone.
    Raises BadInputError where an edit does not fit the file, as ``apply``.
    """
    delta = make_delta(model, [edit for edit in edits if edit is not None])
    return reread(model, apply(model.data, delta, model))
