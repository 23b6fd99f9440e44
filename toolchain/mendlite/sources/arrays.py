"""Samples in ``.npy`` files: the first axis counts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.array_rows import ArrayHead, npy_head, npy_rows
from mendlite.reading.limited import shown
from mendlite.reading.npz import NUMBERS
from mendlite.sources.bounds import form, require_loadable
from mendlite.sources.source import Arrays, Labels, Rows
from mendlite.sources.spec import DataSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayFiles:
    """One ``.npy`` an input."""

    files: tuple[Path, ...]
    heads: tuple[ArrayHead, ...]

    @property
    def count(self) -> int:
        """Number of samples."""
        return self.heads[0].shape[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names where there are several."""
        return tuple(path.stem for path in self.files) if len(self.files) > 1 else ("",)

    def read(self, rows: Rows) -> tuple[Arrays, str]:
        """The rows of each file."""
        arrays = []
        for path, head in zip(self.files, self.heads, strict=True):
            require_loadable(shown(path), len(rows), head.shape[1:], head.dtype.itemsize)
            arrays.append(npy_rows(path, head, rows))
        return tuple(arrays), described(arrays)


def open_arrays(paths: Sequence[Path], spec: DataSpec) -> tuple[ArrayFiles, Labels | None]:
    """Samples in ``.npy`` files; raises BadInputError for files of other values or counts."""
    if spec.inputs and len(paths) > 1:
        paths = [_file_of(name, paths) for name in spec.inputs]
    heads = tuple(npy_head(path) for path in paths)
    for path, head in zip(paths, heads, strict=True):
        require_rows(shown(path), head)
        if head.dtype.kind not in NUMBERS:
            raise BadInputError(f"{shown(path)} holds {head.dtype.name}, not numbers")
        if head.shape[0] != heads[0].shape[0]:
            raise BadInputError(
                f"{shown(paths[0])} has {heads[0].shape[0]} samples and {shown(path)} "
                f"{head.shape[0]}: several .npy files are one for each input of the model"
            )
    return ArrayFiles(files=tuple(paths), heads=heads), None


def _file_of(name: str, paths: Sequence[Path]) -> Path:
    matching = [path for path in paths if name in (path.stem, path.name)]
    if len(matching) != 1:
        held = ", ".join(shown(path.stem) for path in paths)
        raise BadInputError(f"`inputs` names '{shown(name)}', and the files are {held}")
    return matching[0]


def require_rows(where: str, head: ArrayHead) -> None:
    """Raise BadInputError for an array that holds no samples."""
    if not head.shape or 0 in head.shape:
        raise BadInputError(f"{where}: there are no samples in an array of shape {head.shape}")


def described(arrays: Sequence[NDArray[Any]], names: Sequence[str] = ()) -> str:
    """``450 samples of 32 x 32 x 3 (float32)``, and of each input where there are several."""
    parts = [f"{form(values.shape[1:])} ({values.dtype.name})" for values in arrays]
    if len(parts) > 1 and names:
        parts = [f"{shown(name)} {part}" for name, part in zip(names, parts, strict=True)]
    return f"{len(arrays[0])} samples of {' and '.join(parts)}"
