"""The target file that is written: its text, and whether somebody edited it since."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from mendlite.errors import BadInputError
from mendlite.reading.limited import TABLE, is_there, read_limited, shown
from mendlite.targets.schema import Target
from mendlite.targets.write import target_text

MARK = "# Written by mendlite; edited since, if this is not the sha256 of all other lines: "


def target_file(target: Target, lines: Sequence[str]) -> bytes:
    """The file of a target: a digest, what was understood in comments, and its TOML."""
    comments = "".join(f"# {line}\n" for line in lines)
    body = f"{comments}\n{target_text(target)}".encode()
    return f"{MARK}{sha256(body).hexdigest()}\n".encode() + body


def require_unedited(path: Path) -> None:
    """Raise BadInputError where a file stands at ``path`` that ``target_file`` did not make so."""
    if not is_there(path):
        return
    first, _, body = read_limited(path, TABLE).partition(b"\n")
    if first != f"{MARK}{sha256(body).hexdigest()}".encode():
        raise BadInputError(
            f"{shown(path)} is there and was edited, or written by somebody: repair it by its "
            "path, or name another `folder`"
        )
