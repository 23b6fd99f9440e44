"""The edit of a graph as plain JSON values (docs/SPEC.md, "An edited graph")."""

from __future__ import annotations

import base64
import re
from typing import Any

from mendlite.model.graph_edit import GraphEdit, OperatorEdit, Requantization

DIGEST = re.compile(r"[0-9a-f]{64}")

LARGEST_OFFSET = 2**31 - 1

KEYS = {"base_sha256", "edited_sha256", "base_root", "root", "inserted", "operators"}
OPERATOR_KEYS = {"index", "old", "new", "axes", "axes_tensor", "tensors"}

REQUANTIZATIONS = "requantizations"
"""The entry of a record in which a QUANTIZE is inserted; without it, it is that of version 2."""

REQUANTIZATION_KEYS = {"index", "reader", "source", "tensor", "tensors"}


def plain_graph(edit: GraphEdit) -> dict[str, Any]:
    """The record; ``inserted`` is base64 (RFC 4648)."""
    record = {
        "base_sha256": edit.base_sha256,
        "edited_sha256": edit.edited_sha256,
        "base_root": edit.base_root,
        "root": edit.root,
        "inserted": base64.b64encode(edit.inserted).decode(),
        "operators": [
            {
                "index": one.index,
                "old": one.old,
                "new": one.new,
                "axes": list(one.axes),
                "axes_tensor": one.axes_tensor,
                "tensors": list(one.tensors),
            }
            for one in edit.operators
        ],
    }
    inserted = [
        {
            "index": one.index,
            "reader": one.reader,
            "source": one.source,
            "tensor": one.tensor,
            "tensors": list(one.tensors),
        }
        for one in edit.requantizations
    ]
    return {**record, REQUANTIZATIONS: inserted} if inserted else record


def graph_of(values: Any) -> GraphEdit:
    """The edit of a record; raises ValueError, TypeError or KeyError where it is none."""
    if not isinstance(values, dict) or set(values) - {REQUANTIZATIONS} != KEYS:
        raise ValueError("its edit of the graph has other entries than docs/SPEC.md")
    return GraphEdit(
        base_sha256=_digest(values["base_sha256"]),
        edited_sha256=_digest(values["edited_sha256"]),
        base_root=_number(values["base_root"]),
        root=_number(values["root"]),
        inserted=base64.b64decode(values["inserted"], validate=True),
        operators=tuple(map(_operator, values["operators"])),
        requantizations=tuple(map(_requantization, values.get(REQUANTIZATIONS, ()))),
    )


def _operator(values: Any) -> OperatorEdit:
    if not isinstance(values, dict) or set(values) != OPERATOR_KEYS:
        raise ValueError("an edited operator has other entries than docs/SPEC.md")
    if not all(isinstance(values[name], str) for name in ("old", "new")):
        raise ValueError("an edited operator has no name")
    return OperatorEdit(
        index=_number(values["index"]),
        old=values["old"],
        new=values["new"],
        axes=tuple(map(_number, values["axes"])),
        axes_tensor=_number(values["axes_tensor"]),
        tensors=tuple(map(_number, values["tensors"])),
    )


def _requantization(values: Any) -> Requantization:
    if not isinstance(values, dict) or set(values) != REQUANTIZATION_KEYS:
        raise ValueError("an inserted QUANTIZE has other entries than docs/SPEC.md")
    return Requantization(
        index=_number(values["index"]),
        reader=_number(values["reader"]),
        source=_number(values["source"]),
        tensor=_number(values["tensor"]),
        tensors=tuple(map(_number, values["tensors"])),
    )


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise ValueError("a sha256 is not 64 hexadecimal digits")
    return value


def _number(value: Any) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 0 <= value <= LARGEST_OFFSET:
        raise ValueError(f"{value!r} is no position or number")
    return int(value)
