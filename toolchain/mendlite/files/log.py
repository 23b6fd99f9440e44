"""A log that grows line by line: what was written stays there, whatever ends the program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mendlite.errors import MendliteError
from mendlite.files.folders import make_folder
from mendlite.files.forms import require_replaceable
from mendlite.reading.limited import printable, shown, words

if TYPE_CHECKING:
    from collections.abc import Callable


@contextmanager
def appended(path: Path) -> Iterator[Callable[[str], None]]:
    """A function that adds a line, with the time, to the file at ``path``.

    What is there stays. Raises BadInputError where a folder, a link or a device is there,
    MendliteError where the file cannot be written.
    """
    require_replaceable(path)
    make_folder(path.parent)
    try:
        handle = os.open(
            path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644
        )
    except (OSError, ValueError) as error:
        raise MendliteError(f"{shown(path)}: cannot write: {words(error)}") from None

    def add(text: str) -> None:
        # One write a line: lines of two programs do not mix.
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        lines = "".join(f"{now} {printable(line.rstrip())}\n" for line in text.splitlines())
        try:
            os.write(handle, lines.encode())
        except OSError as error:
            raise MendliteError(f"{shown(path)}: cannot write: {words(error)}") from None

    try:
        yield add
    finally:
        os.close(handle)
