"""Deltas as files: JSON for people and programs, NPZ where they are large.

JSON: ``{"format": "mendlite-delta", "version": 1, "base_sha256", "patched_sha256", "edits":
[{"tensor", "field", "dtype", "index": [...], "old": [...], "new": [...]}]}``. float32 values
are written as the shortest decimals that read back to the same float. NPZ: the same header as
the array ``header`` (JSON, UTF-8) and arrays ``index_i``, ``old_i``, ``new_i`` per edit.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.model.delta import Delta, Field, TensorEdit

FORMAT, VERSION = "mendlite-delta", 1
DTYPES = {"int8", "uint8", "int16", "int32", "int64", "float32"}
LARGEST = 64 * 2**20
"""Largest NPZ member, in bytes, that is unpacked."""


def _header(delta: Delta) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "base_sha256": delta.base_sha256,
        "patched_sha256": delta.patched_sha256,
    }


def _plain(values: NDArray[np.generic]) -> list[int | float]:
    if values.dtype == np.float32:
        return [float(str(v)) for v in values]
    return [int(v) for v in values]


def dumps_json(delta: Delta) -> bytes:
    """The delta as JSON, one edit a line, with a final newline."""
    edits = [
        {
            "tensor": edit.tensor,
            "field": edit.field.value,
            "dtype": edit.old.dtype.name,
            "index": _plain(edit.index),
            "old": _plain(edit.old),
            "new": _plain(edit.new),
        }
        for edit in delta.edits
    ]
    head = json.dumps(_header(delta), indent=1)[:-2]
    lines = ",\n  ".join(json.dumps(edit, separators=(",", ":")) for edit in edits)
    return f'{head},\n "edits": [\n  {lines}\n ]\n}}\n'.encode()


def dumps_npz(delta: Delta) -> bytes:
    """The delta as a compressed NPZ without timestamps: the same delta gives the same bytes."""
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
        header, columns = _unpack(data) if data[:2] == b"PK" else _parse(data)
        if header.get("format") != FORMAT:
            raise BadInputError("not a mendlite delta: its format is not 'mendlite-delta'")
        if header.get("version") != VERSION:
            raise BadInputError(f"delta version {header.get('version')!r} is not {VERSION}")
        return Delta(
            base_sha256=_digest(header["base_sha256"]),
            patched_sha256=_digest(header["patched_sha256"]),
            edits=tuple(
                _edit(described, *values)
                for described, values in zip(header["edits"], columns, strict=True)
            ),
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise BadInputError(f"the delta cannot be read: {error}") from error
    except (zipfile.BadZipFile, EOFError, RecursionError) as error:
        raise BadInputError(f"the delta cannot be read: {error}") from error


def _digest(value: Any) -> str:
    if not isinstance(value, str) or len(value) not in (0, 64):
        raise ValueError("a sha256 is not 64 hexadecimal digits")
    return value


Columns = tuple[NDArray[np.generic], NDArray[np.generic], NDArray[np.generic]]


def _edit(described: dict[str, Any], *columns: NDArray[np.generic]) -> TensorEdit:
    index, old, new = columns
    if not isinstance(described["tensor"], int):
        raise TypeError("a tensor is not a number")
    return TensorEdit(
        tensor=described["tensor"],
        field=Field(described["field"]),
        index=index.astype(np.int64, casting="safe"),
        old=old,
        new=new,
    )


def _parse(data: bytes) -> tuple[dict[str, Any], list[Columns]]:
    try:
        header = json.loads(data)
    except UnicodeDecodeError as error:
        raise BadInputError("the delta is neither JSON nor NPZ") from error
    return header, [_columns(edit) for edit in header["edits"]]


def _columns(edit: dict[str, Any]) -> Columns:
    if edit["dtype"] not in DTYPES:
        raise ValueError(f"dtype {edit['dtype']!r} is unknown")
    dtype = np.dtype(edit["dtype"])
    index = _exact(edit["index"], np.dtype(np.int64))
    return index, _exact(edit["old"], dtype), _exact(edit["new"], dtype)


def _exact(values: list[Any], dtype: np.dtype[Any]) -> NDArray[np.generic]:
    """The values in ``dtype``; raises where an integer does not fit."""
    if dtype.kind == "f":
        return np.array(values, np.float64).astype(dtype)
    if not all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        raise ValueError("an integer field holds something else")
    limits = np.iinfo(dtype)
    if not all(limits.min <= v <= limits.max for v in values):
        raise ValueError(f"a value does not fit {dtype.name}")
    return np.array(values, dtype)


def _unpack(data: bytes) -> tuple[dict[str, Any], list[Columns]]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        if any(info.file_size > LARGEST for info in file.infolist()):
            raise BadInputError("the delta unpacks to more than 64 MB an array")

        def member(name: str) -> NDArray[np.generic]:
            with file.open(f"{name}.npy") as stream:
                values: NDArray[np.generic] = np.lib.format.read_array(  # type: ignore[no-untyped-call,unused-ignore]
                    stream, allow_pickle=False
                )
                return values

        header = json.loads(member("header").tobytes())
        columns = [
            (member(f"index_{n}"), member(f"old_{n}"), member(f"new_{n}"))
            for n in range(len(header["edits"]))
        ]
    return header, columns
