"""The files that are changed: every model of the tests, the corpus, the cases and the data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mendlite.errors import MendliteError
from mendlite.tflite.reader import read
from model_fuzz.models_of_tests import of_tests
from model_fuzz.mutate import Original

ROOT = Path(__file__).parents[2]
LARGEST = 600_000
"""Bytes of the largest file that is changed: a replay of it takes well under the limit."""


def of_folders() -> Iterator[tuple[str, bytes]]:
    """The embedded digits, and what lies beside ``MENDLITE_DATA``."""
    folders = [ROOT / "targets" / "models"]
    data = os.environ.get("MENDLITE_DATA", "")
    if data:
        above = Path(data).parent
        folders += [Path(data) / "models", above / "corpus", above / "cases" / "public"]
    for folder in folders:
        for path in sorted(folder.rglob("*.tflite")):
            if path.stat().st_size <= LARGEST:
                yield str(path.relative_to(folder.parent)), path.read_bytes()


def originals(*, small: bool = False) -> list[Original]:
    """All files that the reader accepts, those of the tests alone where ``small``."""
    found = []
    for name, data in [*of_tests(), *(() if small else of_folders())]:
        try:
            read(data)
        except MendliteError:
            continue
        found.append(Original.of(name, data))
    return found


def weight(original: Original) -> float:
    """How often a file is changed: in inverse proportion to what a mutant of it costs.

    What breaks is the structure, and small files have all of it.
    """
    tables = sum(1 for _ in original.tree.tables())
    return 1 / (20 + tables + len(original.data) / 500)
