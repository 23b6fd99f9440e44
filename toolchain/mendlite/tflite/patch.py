"""Write a delta into a file's bytes: ``(bytes, Delta) → bytes``.

Edits of values are in place; an edit of the graph comes before them and makes a longer file.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import numpy as np

from mendlite.errors import BadInputError
from mendlite.model.delta import Delta, TensorEdit
from mendlite.model.graph import Model
from mendlite.tflite.fields import FieldLocation, find_field
from mendlite.tflite.graph_edit import edit_graph, undo_edit
from mendlite.tflite.reader import read


def _require_fit(model: Model, edit: TensorEdit, place: FieldLocation) -> None:
    """Raise BadInputError unless the edit's indices, type and old values fit the file."""
    name = f"tensor {edit.tensor} '{model.tensors[edit.tensor].name}' {edit.field.value}"
    if edit.old.dtype != place.dtype:
        raise BadInputError(f"{name}: the delta edits {edit.old.dtype}, the file has {place.dtype}")
    if edit.index.size and int(edit.index[-1]) >= place.count:
        raise BadInputError(f"{name}: the delta edits value {int(edit.index[-1])} of {place.count}")
    stored = place.read(model.data)[edit.index]
    wrong = np.flatnonzero(stored.view(np.uint8) != edit.old.view(np.uint8))
    if wrong.size:
        first = int(wrong[0]) // place.dtype.itemsize
        raise BadInputError(
            f"{name}: value {int(edit.index[first])} is {stored[first]}, but the delta expects "
            f"{edit.old[first]}: it was made for another file"
        )


def _require_base(digest: str, delta: Delta) -> None:
    if digest != delta.base_sha256:
        raise BadInputError(
            f"the file's sha256 is {digest[:16]}..., but the delta was made for "
            f"{delta.base_sha256[:16]}...: pass the file that the delta was made from"
        )


def apply(data: bytes, delta: Delta, model: Model | None = None) -> bytes:
    """Apply ``delta`` to the file ``data``: its edit of the graph, then the declared values' bytes.

    ``model`` is ``data`` already parsed, where the caller has it. Raises BadInputError where
    the file is not the delta's base, an old value differs, or the sealed result does not
    come out; nothing is written in place.
    """
    if delta.graph is not None:
        _require_base(sha256(data).hexdigest(), delta)
        return apply(edit_graph(data, delta.graph), delta.behind_graph)
    base = read(data, delta.signature) if model is None else model
    _require_base(base.sha256, delta)
    patched = bytearray(base.data)
    written: set[int] = set()
    for edit in delta.edits:
        place = find_field(base, edit.tensor, edit.field)
        _require_fit(base, edit, place)
        if place.offset in written:
            raise BadInputError(f"tensor {edit.tensor}: the delta edits the same bytes twice")
        written.add(place.offset)
        place.write(patched, edit.index, edit.new)
    result = bytes(patched)
    if delta.patched_sha256 and sha256(result).hexdigest() != delta.patched_sha256:
        raise BadInputError("the delta does not result in the file that it names: it was altered")
    return result


def seal(data: bytes, delta: Delta) -> Delta:
    """The delta with the sha256 of the file that it makes of ``data``."""
    open_delta = replace(delta, patched_sha256="")
    return replace(delta, patched_sha256=sha256(apply(data, open_delta)).hexdigest())


def invert(delta: Delta) -> Delta:
    """The delta that takes a sealed ``delta`` back out, but for its edit of the graph.

    Raises BadInputError if it is not sealed.
    """
    if not delta.patched_sha256:
        raise BadInputError("the delta does not name the file that it makes: it cannot be reverted")
    return Delta(
        base_sha256=delta.patched_sha256,
        patched_sha256=delta.behind_graph.base_sha256,
        edits=tuple(replace(e, old=e.new, new=e.old) for e in delta.edits),
        signature=delta.signature,
    )


def revert(data: bytes, delta: Delta) -> bytes:
    """The base file again, from the file that ``delta`` made; raises as ``apply``."""
    before = apply(data, invert(delta))
    return before if delta.graph is None else undo_edit(before, delta.graph)
