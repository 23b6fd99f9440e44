"""Paths of the user as a target file writes them: relative to one folder above all of them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mendlite.errors import BadInputError
from mendlite.reading.limited import TABLE
from mendlite.sources.paths import GLOB

HERE = Path()
"""What the words of the user are relative to: the folder in which the program runs."""

CODE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

MANY = 100
"""Files that are listed one by one; more of one folder are a glob, where that is the same."""

LISTED = TABLE.largest // 2
"""Characters of a list of files that a target holds."""


def is_function(word: str) -> bool:
    """Whether a word of the data is ``module:function``."""
    return CODE.fullmatch(word) is not None and not Path(word).exists()


def fixed_part(word: str) -> Path:
    """The folder that holds what a word names, links followed; of a glob, the part before it."""
    if Path(word).exists() or not GLOB.search(word):
        path = Path(word).resolve()
        return path if path.is_dir() else path.parent
    parts = Path(word).parts
    fixed = next(i for i, part in enumerate(parts) if GLOB.search(part))
    return Path(*parts[:fixed]).resolve()


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a target's file stands, and the folder that its paths are relative to."""

    root: Path
    folder: Path

    @property
    def up(self) -> str:
        """The target's ``root``."""
        way = Path(os.path.relpath(self.root, self.folder)).as_posix()
        return "here" if way == "." else way

    @property
    def outside(self) -> bool:
        """Whether the root is above the folder in which the program runs, or elsewhere."""
        return not self.root.is_relative_to(HERE.resolve())

    def path(self, name: str | Path) -> str:
        """A file or folder of the user as the target writes it."""
        return Path(name).resolve().relative_to(self.root).as_posix()

    def words(self, words: Sequence[str]) -> list[str]:
        """The words of the data; raises BadInputError where they list too many files."""
        if len(words) > MANY and (pattern := _glob_of(words)) is not None:
            words = [pattern]
        placed = [self._word(word) for word in words]
        if sum(map(len, placed)) > LISTED:
            raise BadInputError(
                f"`data` lists {len(words)} files, too many for a target file: name their folder, "
                "or a glob in quotes"
            )
        return placed

    def _word(self, word: str) -> str:
        if is_function(word):
            return word
        if Path(word).exists() or not GLOB.search(word):
            return self.path(word)
        fixed = fixed_part(word)
        count = len(Path(word).parts) - _variable_parts(word)
        rest = Path(*Path(word).parts[count:]).as_posix()
        before = fixed.relative_to(self.root).as_posix()
        return rest if before == "." else f"{before}/{rest}"


def _variable_parts(word: str) -> int:
    """Parts of a glob from its first one with a wildcard on."""
    parts = Path(word).parts
    return len(parts) - next(i for i, part in enumerate(parts) if GLOB.search(part))


def _glob_of(words: Sequence[str]) -> str | None:
    """The glob that lists exactly these files in this order; None where there is none."""
    paths = [Path(word) for word in words]
    folder, suffix = paths[0].parent, paths[0].suffix
    if any(path.parent != folder or path.suffix != suffix for path in paths):
        return None
    if sorted(map(str, folder.glob(f"*{suffix}"))) != [str(path) for path in paths]:
        return None
    return str(folder / f"*{suffix}")
