"""What was emitted, for the release that carries it (docs/SPEC.md, "The manifest")."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from mendlite import __version__
from mendlite.emit.changes import Changes
from mendlite.model.interface import InterfaceChange, InterfaceTensor
from mendlite.model.report import GraphChange

SCHEMA = 1

UNCHANGED = (
    "every byte of the model outside `ranges`, and so every flash page that is not in `pages`, is "
    "the same in both files"
)
"""What the manifest claims beside its digests."""


def manifest(
    *,
    base: bytes,
    data: bytes,
    changes: Changes,
    board: str,
    files: Mapping[str, bytes],
    interface: tuple[Sequence[InterfaceTensor], Sequence[InterfaceChange]] = ((), ()),
    graph: GraphChange | None = None,
) -> bytes:
    """JSON with the digests before and after, the changed ranges and pages, and the files.

    ``interface`` are the model's quantized inputs and outputs, and those of them that were changed;
    ``graph`` how the model's operators differ from the base file's.
    """
    values = {
        "format": "mendlite-manifest",
        "schema": SCHEMA,
        "mendlite": __version__,
        "base_sha256": sha256(base).hexdigest(),
        "patched_sha256": sha256(data).hexdigest(),
        "bytes": len(data),
        "bytes_changed": changes.bytes_changed,
        "ranges": [list(one) for one in changes.ranges],
        "board": board,
        "address": changes.address,
        "page_size": changes.page_size,
        "pages": list(changes.pages),
        "pages_of_the_model": changes.pages_in_all,
        "unchanged": UNCHANGED,
        "interface": _interface(*interface),
        "graph": None if graph is None else asdict(graph),
        "files": {
            name: {"bytes": len(content), "sha256": sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        },
    }
    return (json.dumps(values, indent=1) + "\n").encode()


def _interface(
    tensors: Sequence[InterfaceTensor], changes: Sequence[InterfaceChange]
) -> list[dict[str, Any]]:
    """How each input and output is fed or read, and what was so before where that changed."""
    before = {(one.side, one.number): asdict(one.old) for one in changes}
    return [
        {
            "side": one.side.value,
            "number": one.number,
            "name": one.name,
            "dtype": one.dtype,
            **asdict(one.parameters),
            "before": before.get((one.side, one.number)),
        }
        for one in tensors
    ]
