"""Deltas as files: JSON, or NPZ where they are large.

JSON: ``{"format": "mendlite-delta", "version": 1, "base_sha256", "patched_sha256", "edits":
[{"tensor", "field", "dtype", "index": [...], "old": [...], "new": [...]}]}``. Floats are written
as the shortest decimals that read back to the same bits, NaN and infinities as their bits:
"0x7fc00000" (``delta_values``). NPZ: the same header as the array ``header`` (JSON, UTF-8) and
arrays ``index_i``, ``old_i``, ``new_i`` per edit. The header of a file with several signatures has
"signature", the name of the edited one. With an edit of the graph
the version is 2, where it inserts operators 3, and the header has it as ``graph``
(``graph_record``).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.delta import Delta, Field, TensorEdit
from mendlite.model.graph_edit import GraphEdit
from mendlite.reading.limited import shown
from mendlite.reading.npz import read_arrays
from mendlite.tflite.delta_values import DTYPES, exact_values, plain_values
from mendlite.tflite.graph_record import graph_of, plain_graph

FORMAT, VERSION = "mendlite-delta", 1

VERSION_OF_GRAPHS = 2
"""The version of a delta with an edit of the graph, which older readers refuse."""

VERSION_OF_INSERTIONS = 3
"""The version where that edit inserts operators."""

DIGEST = re.compile(r"(?:[0-9a-f]{64})?")

Columns = tuple[NDArray[np.generic], NDArray[np.generic], NDArray[np.generic]]
"""Indices, old values and new values of an edit."""


def _header(delta: Delta) -> dict[str, Any]:
    header = {
        "format": FORMAT,
        "version": _version(delta.graph),
        "base_sha256": delta.base_sha256,
        "patched_sha256": delta.patched_sha256,
    }
    if delta.signature is not None:
        header["signature"] = delta.signature
    return header if delta.graph is None else {**header, "graph": plain_graph(delta.graph)}


def _version(graph: GraphEdit | None) -> int:
    if graph is None:
        return VERSION
    return VERSION_OF_INSERTIONS if graph.requantizations else VERSION_OF_GRAPHS


def _require_saveable(delta: Delta) -> None:
    for edit in delta.edits:
        if edit.old.dtype.name not in DTYPES:
            raise UnsupportedModelError(
                f"tensor {edit.tensor}: a delta does not hold {edit.old.dtype.name} values"
            )


def dumps_json(delta: Delta) -> bytes:
    """The delta as JSON, one edit a line, with a final newline.

    Raises UnsupportedModelError where it edits values that no delta holds: complex ones.
    """
    _require_saveable(delta)
    edits = [
        {
            "tensor": edit.tensor,
            "field": edit.field.value,
            "dtype": edit.old.dtype.name,
            "index": plain_values(edit.index),
            "old": plain_values(edit.old),
            "new": plain_values(edit.new),
        }
        for edit in delta.edits
    ]
    head = json.dumps(_header(delta), indent=1)[:-2]
    lines = ",\n  ".join(json.dumps(edit, separators=(",", ":")) for edit in edits)
    return f'{head},\n "edits": [\n  {lines}\n ]\n}}\n'.encode()


def dumps_npz(delta: Delta) -> bytes:
    """The delta as a compressed NPZ without timestamps: the same delta has the same bytes.

    Raises UnsupportedModelError as ``dumps_json``.
    """
    _require_saveable(delta)
    header = _header(delta)
    header["edits"] = [{"tensor": e.tensor, "field": e.field.value} for e in delta.edits]
    arrays: dict[str, NDArray[np.generic]] = {
        "header": np.frombuffer(json.dumps(header).encode(), np.uint8)
    }
    for number, edit in enumerate(delta.edits):
        arrays |= {f"index_{number}": edit.index, f"old_{number}": edit.old}
        arrays[f"new_{number}"] = edit.new
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, values in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(  # type: ignore[no-untyped-call,unused-ignore]
                member, np.ascontiguousarray(values), allow_pickle=False
            )
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, member.getvalue())
    return target.getvalue()


def loads(data: bytes) -> Delta:
    """Read either form; raises BadInputError where it is neither or breaks its format."""
    try:
        return _delta(*(_unpack(data) if data[:2] == b"PK" else _parse(data)))
    except KeyError as error:
        raise BadInputError(f"the delta cannot be read: it has no {error}") from error
    except UNREADABLE as error:
        raise BadInputError(f"the delta cannot be read: {shown(error)}") from error


UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What json raises for what it cannot read, and we for what is not of the form."""


def _delta(header: Any, columns: Sequence[Columns]) -> Delta:
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise BadInputError("not a mendlite delta: its format is not 'mendlite-delta'")
    graph = graph_of(header["graph"]) if "graph" in header else None
    if header.get("version") != _version(graph):
        raise BadInputError(
            f"the delta's version is not {_version(graph)}: use the mendlite that wrote it"
        )
    return Delta(
        base_sha256=_digest(header["base_sha256"]),
        patched_sha256=_digest(header["patched_sha256"]),
        edits=tuple(
            _edit(described, *values)
            for described, values in zip(header["edits"], columns, strict=True)
        ),
        signature=_signature(header.get("signature")),
        graph=graph,
    )


def _signature(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("a signature is not a name")
    return value


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise ValueError("a sha256 is not 64 hexadecimal digits")
    return value


def _edit(described: dict[str, Any], *columns: NDArray[np.generic]) -> TensorEdit:
    index, old, new = columns
    tensor, name = described["tensor"], described["field"]
    if not isinstance(tensor, int) or isinstance(tensor, bool):
        raise ValueError("a tensor is not a number")  # noqa: TRY004 - the file's fault
    if name not in [f.value for f in Field]:
        raise ValueError("a field is none of data, scale, zero_point")
    if index.dtype != np.int64 or not {old.dtype.name, new.dtype.name} <= DTYPES:
        raise ValueError(f"tensor {tensor}: its columns are of a type that no delta holds")
    return TensorEdit(
        tensor=tensor, field=Field(name), index=index.astype(np.int64), old=old, new=new
    )


def _parse(data: bytes) -> tuple[Any, list[Columns]]:
    try:
        header = json.loads(data, parse_constant=_no_json)
    except UnicodeDecodeError as error:
        raise BadInputError("the delta is neither JSON nor NPZ") from error
    return header, [_columns(edit) for edit in _edits(header)]


def _no_json(name: str) -> float:
    raise ValueError(f'{name} is no JSON: a float\'s bits are written as "0x7fc00000"')


def _edits(header: Any) -> list[dict[str, Any]]:
    """The list of edits of a header; empty where the header is no delta's, an error later."""
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        return []
    edits = header["edits"]
    if not isinstance(edits, list) or not all(isinstance(edit, dict) for edit in edits):
        raise ValueError("its edits are not a list of objects")
    return edits


def _columns(edit: dict[str, Any]) -> Columns:
    old, new = (exact_values(edit[name], edit["dtype"]) for name in ("old", "new"))
    return exact_values(edit["index"], "int64"), old, new


def _unpack(data: bytes) -> tuple[dict[str, Any], list[Columns]]:
    arrays = read_arrays(io.BytesIO(data), None)
    header = json.loads(arrays["header"].tobytes())
    columns = [
        (arrays[f"index_{n}"], arrays[f"old_{n}"], arrays[f"new_{n}"])
        for n in range(len(_edits(header)))
    ]
    return header, columns
