"""Files that are one sample each: flat, or in one folder a class."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.inside import inside
from mendlite.reading.limited import kind_of_file, shown, words
from mendlite.sources.forms import PICTURE, RECORDING, form_by_name, form_of
from mendlite.sources.paths import MOST

LISTS = (".txt", ".csv", ".tsv")
"""What a file of labels or of class names beside the samples ends with."""

READ = {PICTURE: "a PNG, JPEG, BMP or PPM image", RECORDING: "a WAV file"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSet:
    """Files of one form, one sample each.

    ``folder`` is what their names are relative to; ``classes`` the class of each by folder, i64[n],
    None where they are flat; ``folders`` the names of the class folders. ``lists`` are the text
    files beside them and ``left_out`` counts all other files.
    """

    form: str
    folder: Path
    files: tuple[Path, ...]
    classes: NDArray[np.int64] | None = None
    folders: tuple[str, ...] = ()
    lists: tuple[Path, ...] = ()
    left_out: int = 0


def list_folder(folder: Path, *, root: Path, allow_outside: bool) -> FileSet:
    """The samples in a folder: in its subfolders, one a class, or in itself.

    Raises BadInputError where both hold samples or none does, for a pipe, a device or a link that
    leads out of ``root``, and for a file that is named like a sample and is none.
    """
    listing = _Listing(root=root, allow_outside=allow_outside)
    flat, inner = listing.entries(folder)
    groups = [listing.entries(one)[0] for one in inner]
    own = [path for path, form in flat if form in READ]
    held = [[path for path, form in group if form in READ] for group in groups]
    if own and any(held):
        raise BadInputError(
            f"{shown(folder)} holds samples and folders of samples: which are meant? move one of "
            "them away"
        )
    if not own and not any(held):
        raise BadInputError(
            f"{shown(folder)}: no PNG, JPEG, BMP or PPM image and no WAV file in it, nor in its "
            f"{len(inner)} subfolders"
        )
    every = [*flat, *(entry for group in groups for entry in group)]
    lists = tuple(path for path, form in flat if form not in READ and path.suffix in LISTS)
    counted = sum(form not in READ for _, form in every) - len(lists)
    if own:
        return FileSet(form=_one_form(every), folder=folder, files=tuple(own), lists=lists,
                       left_out=counted)  # fmt: skip
    classes = _classes(folder, inner, held)
    return replace(classes, form=_one_form(every), lists=lists, left_out=counted)


def list_class_folders(folders: Sequence[Path], *, root: Path, allow_outside: bool) -> FileSet:
    """As ``list_folder``, of class folders that are named one by one."""
    listing = _Listing(root=root, allow_outside=allow_outside)
    order = sorted(folders, key=lambda path: path.name)
    groups = [listing.entries(one)[0] for one in order]
    held = [[path for path, form in group if form in READ] for group in groups]
    every = [entry for group in groups for entry in group]
    if not any(held):
        raise BadInputError(f"{shown(folders[0])} and the other folders hold no image or WAV file")
    left = sum(form not in READ for _, form in every)
    return replace(_classes(order[0].parent, order, held), form=_one_form(every), left_out=left)


def _classes(folder: Path, inner: Sequence[Path], held: Sequence[list[Path]]) -> FileSet:
    """The files ``held`` by each of the folders ``inner``; their form is filled in later."""
    return FileSet(
        form="",
        folder=folder,
        files=tuple(path for files in held for path in files),
        classes=np.repeat(np.arange(len(inner)), [len(files) for files in held]).astype(np.int64),
        folders=tuple(one.name for one in inner),
    )


def _one_form(entries: Sequence[tuple[Path, str]]) -> str:
    forms = {form: path for path, form in entries if form in READ}
    if len(forms) > 1:
        names = " and ".join(shown(path) for path in forms.values())
        raise BadInputError(f"{names} are of two forms: a folder holds images or WAV files")
    return next(iter(forms))


def list_files(files: Sequence[Path], form: str) -> FileSet:
    """Files that were named one by one, in that order; those of sibling folders by folder.

    Raises BadInputError for files of other forms.
    """
    for path in files:
        if form_of(path) != form:
            raise BadInputError(f"{shown(path)} is not {READ[form]}, as {shown(files[0])} is")
    parents = sorted({path.parent for path in files})
    if len(parents) > 1 and len({parent.parent for parent in parents}) == 1:
        held = [[path for path in files if path.parent == parent] for parent in parents]
        return replace(_classes(parents[0].parent, parents, held), form=form)
    common = Path(os.path.commonpath([path.parent for path in files]))
    return FileSet(form=form, folder=common, files=tuple(files))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """Folders whose entries must stay inside ``root``."""

    root: Path
    allow_outside: bool

    def entries(self, folder: Path) -> tuple[list[tuple[Path, str]], list[Path]]:
        """(file, form) of every file, and the folders, each sorted by name; hidden ones not."""
        try:
            names = sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208
        except OSError as error:
            raise BadInputError(f"{shown(folder)}: {words(error)}") from None
        if len(names) > MOST:
            raise BadInputError(f"{shown(folder)}: more than {MOST} files")
        files, folders = [], []
        for name in names:
            path = self._inside(folder / name)
            if path.is_dir():
                folders.append(path)
            else:
                files.append((path, _form_of_entry(path)))
        return files, folders

    def _inside(self, path: Path) -> Path:
        if not self.allow_outside:
            relative = os.path.relpath(path, self.root)
            inside(self.root, relative, said_by="data", allow_outside=False)
        return path


def _form_of_entry(path: Path) -> str:
    """The form of a file of a folder; raises BadInputError for what only bears a sample's name."""
    try:
        other = kind_of_file(path.stat().st_mode)
    except OSError as error:
        raise BadInputError(f"{shown(path)}: {words(error)}") from None
    if other:
        raise BadInputError(f"{shown(path)}: {other}, not a file: take it out of the folder")
    form, named = form_of(path), form_by_name(path)
    if named and form != named:
        raise BadInputError(
            f"{shown(path)} is not {READ[named]}, though it is named like one: save it as one, or "
            "take it out of the folder"
        )
    return form


def order_is_clear(files: Sequence[Path]) -> bool:
    """Whether the files are sorted by text and by the numbers in their names, or by neither."""
    names = [str(path) for path in files]
    return names != sorted(names) or names == sorted(names, key=by_number)


def by_number(name: str) -> list[tuple[int, int | str]]:
    """A key that sorts ``10`` behind ``9``."""
    parts = re.split(r"(\d{1,18})", name)
    return [(1, int(part)) if part.isdigit() and part.isascii() else (2, part) for part in parts]
