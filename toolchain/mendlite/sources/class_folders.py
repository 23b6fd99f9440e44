"""Folders to class indices: by name, or in the order of a list of classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown
from mendlite.sources.folder import FileSet, by_number
from mendlite.sources.label_files import LabelledFiles
from mendlite.sources.source import Labels, Rows
from mendlite.sources.text_lists import read_class_names, require_different

CLASS_LISTS = ("labels.txt", "classes.txt", "class_names.txt")
"""Lists in a folder of class folders that give the classes' order."""


def label_class_folders(file_set: FileSet, given: Sequence[str]) -> LabelledFiles:
    """Class indices of files in class folders.

    ``given`` are the class names in the model's order; without them a list beside the folders is
    used, else the folders sorted by name. Raises BadInputError for folders that are no class of
    the list, and for numbers as names whose order is not clear.
    """
    if file_set.classes is None:
        raise ValueError("the files are in no class folders")
    names, origin = require_different("classes", given), "folder names, in the order of `classes`"
    beside = [path for path in file_set.lists if path.name.lower() in CLASS_LISTS]
    if not names and beside:
        if len(beside) > 1:
            raise BadInputError(
                f"{shown(file_set.folder)}: {shown(beside[0].name)} or {shown(beside[1].name)}? "
                "name the list by `classes`"
            )
        names = read_class_names(beside[0])
        origin = f"folder names, in the order of {shown(beside[0].name)}"
    if not names:
        names, origin = _by_name(file_set), "folder names"
    values = _indices(file_set, names)
    return LabelledFiles(
        file_set=file_set, labels=_labels(values, origin, names, beside), class_names=names
    )


def _labels(values: NDArray[np.int64], origin: str, names: tuple[str, ...],
            beside: Sequence[Path]) -> Labels:  # fmt: skip
    def read(rows: Rows) -> NDArray[Any]:
        return values[rows]

    return Labels(
        count=len(values), read=read, origin=origin, class_names=names, files=tuple(beside)
    )


def _by_name(file_set: FileSet) -> tuple[str, ...]:
    names = file_set.folders
    numbers = all(name.isdigit() for name in names)
    if numbers and sorted(names) != sorted(names, key=by_number):
        raise BadInputError(
            f"{shown(file_set.folder)}: is class {shown(sorted(names)[2])} the third, sorted as "
            "text, or are the folders class numbers? write the names in the model's order into a "
            "file and name it by `classes`"
        )
    return names


def _indices(file_set: FileSet, names: tuple[str, ...]) -> NDArray[np.int64]:
    places = {name: place for place, name in enumerate(names)}
    missing = [name for name in file_set.folders if name not in places]
    if missing or file_set.classes is None:
        raise BadInputError(
            f"{shown(file_set.folder)}: folder {shown(missing[0])} is none of the {len(names)} "
            f"classes of the list: {', '.join(map(shown, names[:20]))}"
        )
    return np.array([places[name] for name in file_set.folders], np.int64)[file_set.classes]
