"""Samples in ``.npz`` files: arrays by name, one an input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.array_rows import npz_heads, npz_names, npz_rows
from mendlite.reading.limited import shown
from mendlite.sources.bounds import require_loadable
from mendlite.sources.choosing import Entry, label_name
from mendlite.sources.named_arrays import NamedArrays, open_named
from mendlite.sources.source import Labels, Rows
from mendlite.sources.spec import DataSpec


class ArchiveFile(NamedArrays):
    """Arrays of one ``.npz``."""

    __slots__ = ()

    def rows_of(self, name: str, rows: Rows) -> NDArray[Any]:
        """As ``NamedArrays``."""
        where, entry = f"{shown(self.path)} ({shown(name)})", self.entries[name]
        require_loadable(where, len(rows), entry.shape[1:], entry.dtype.itemsize)
        return npz_rows(self.path, name, rows)


def open_archive_file(paths: Sequence[Path], spec: DataSpec) -> tuple[NamedArrays, Labels | None]:
    """Samples in an ``.npz``: the arrays that are named, or all that are no labels.

    Raises BadInputError where only an array that cannot be read is called labels.
    """
    heads = npz_heads(paths[0])
    if label_name(heads) is None:
        # Python objects have no head.
        unread = label_name(npz_names(paths[0]))
        if unread is not None and spec.labels in {"", unread}:
            raise BadInputError(
                f"{shown(paths[0])}: array '{shown(unread)}' is called labels, but holds neither "
                "numbers nor text (Python objects are never loaded): save it as plain numbers or "
                "text, or name the labels by `labels`"
            )
    entries = {name: Entry(dtype=h.dtype, shape=h.shape) for name, h in heads.items()}
    return open_named(ArchiveFile, paths[0], "array", entries, spec)
