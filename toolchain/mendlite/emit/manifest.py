"""What was emitted, for the release that carries it (docs/SPEC.md, "The manifest")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from mendlite import __version__
from mendlite.emit.changes import Changes

SCHEMA = 1


def manifest(
    *, base: bytes, data: bytes, changes: Changes, board: str, files: Mapping[str, bytes]
) -> bytes:
    """JSON with the digests before and after, the changed ranges and pages, and the files."""
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
        "files": {
            name: {"bytes": len(content), "sha256": sha256(content).hexdigest()}
            for name, content in sorted(files.items())
        },
    }
    return (json.dumps(values, indent=1) + "\n").encode()
