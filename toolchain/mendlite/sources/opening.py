"""From what the user wrote to a source: which form it is, what its labels and classes are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mendlite.errors import BadInputError
from mendlite.reading.inside import inside
from mendlite.reading.limited import is_there, shown
from mendlite.sources.arrays import open_archive_file, open_arrays
from mendlite.sources.class_folders import label_class_folders
from mendlite.sources.folder import FileSet, list_class_folders, list_files, list_folder
from mendlite.sources.forms import PICTURE, form_of
from mendlite.sources.images import open_images
from mendlite.sources.label_files import SUFFIXES, LabelledFiles, label_files, labels_in_order
from mendlite.sources.paths import paths_of
from mendlite.sources.source import DataSource, IndexedSource, Labels, Reader
from mendlite.sources.spec import DataSpec
from mendlite.sources.text_lists import read_class_names

Opened = tuple[Reader, Labels | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyForm:
    """A form of data in files of many samples: what to call it, and what opens such files."""

    what: str
    open: Callable[[Sequence[Path], DataSpec], Opened]


FORMS: Mapping[str, ManyForm] = {
    "array": ManyForm(what=".npy", open=open_arrays),
    "archive": ManyForm(what=".npz", open=lambda paths, spec: open_archive_file(paths[0], spec)),
}
"""Files that hold many samples each, by the form that ``form_of`` finds."""

FILES: Mapping[str, Callable[[FileSet, DataSpec], Reader]] = {
    PICTURE: open_images,
}
"""Files that are one sample each."""

SEVERAL = ("array",)
"""Forms of which several files may be named."""


def open_data(spec: DataSpec, *, root: Path, allow_outside: bool = False) -> DataSource:
    """The source that ``spec`` describes; paths are relative to ``root`` and stay in it.

    Lists of files and labels are read, samples are not. Raises BadInputError for data that are
    missing, broken or of no known form, where it is not clear what is meant (the parameter that
    decides it stands in `backticks`), and MissingPackageError where a decoder is not installed.
    """
    place = _Place(root=root, allow_outside=allow_outside)
    names = _class_names(spec, place)
    paths = paths_of(spec.words, root, allow_outside=allow_outside)
    folders = [path for path in paths if path.is_dir()]
    if folders and len(folders) < len(paths):
        raise BadInputError(
            f"`data` is folders or files, not both: {shown(folders[0])} is a folder"
        )
    if folders:
        listed = (
            list_folder(paths[0], root=root, allow_outside=allow_outside)
            if len(paths) == 1
            else list_class_folders(paths, root=root, allow_outside=allow_outside)
        )
        return _of_files(listed, spec, place, names)
    form = form_of(paths[0])
    if form in FILES:
        return _of_files(list_files(paths, form), spec, place, names)
    return _of_many(form, paths, spec, place, names)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What a spec's paths are relative to, and whether they may lead out of it."""

    root: Path
    allow_outside: bool

    def file(self, name: str, parameter: str) -> Path:
        """The file that the user named by ``parameter``."""
        path = inside(self.root, name, said_by=parameter, allow_outside=self.allow_outside)
        if not is_there(path):
            raise BadInputError(f"{shown(path)}: no such file (`{parameter}`)")
        return path


def _class_names(spec: DataSpec, place: _Place) -> tuple[str, ...]:
    if spec.classes:
        return read_class_names(place.file(spec.classes, "classes"))
    return spec.class_names


def _of_files(
    found: FileSet, spec: DataSpec, place: _Place, names: tuple[str, ...]
) -> IndexedSource:
    """A source of files that are one sample each."""
    if found.form not in FILES:
        raise BadInputError(f"{shown(found.folder)}: {found.form} files are not read")
    labelled = _labelled(found, spec, place, names)
    remarks = (
        f" ({labelled.found.left_out} other files left out)" if labelled.found.left_out else ""
    )
    empty = _empty_classes(labelled.found)
    return IndexedSource(
        where=shown(found.folder),
        reader=FILES[found.form](labelled.found, spec),
        labels=labelled.labels,
        class_names=labelled.class_names or names,
        remarks=remarks + (f"; no sample of {', '.join(empty)}" if empty else ""),
    )


def _labelled(
    found: FileSet, spec: DataSpec, place: _Place, names: tuple[str, ...]
) -> LabelledFiles:
    if spec.labels:
        return label_files(found, place.file(spec.labels, "labels"))
    if found.classes is not None:
        return label_class_folders(found, names)
    return label_files(found, None)


def _empty_classes(found: FileSet) -> list[str]:
    if found.classes is None:
        return []
    held = set(found.classes.tolist())
    return [shown(name) for place, name in enumerate(found.folders) if place not in held]


def _of_many(
    form: str, paths: Sequence[Path], spec: DataSpec, place: _Place, names: tuple[str, ...]
) -> IndexedSource:
    """A source of files that hold many samples each."""
    if form not in FORMS:
        forms = ", ".join(one.what for one in FORMS.values())
        raise BadInputError(
            f"{shown(paths[0])}: data are a folder, images, WAV files, {forms} or module:function; "
            "this file is none of them"
        )
    for path in paths[1:]:
        if form_of(path) != form or form not in SEVERAL:
            raise BadInputError(f"{shown(path)}: several files of data are images or recordings")
    reader, labels = FORMS[form].open(paths, spec)
    if labels is None and spec.labels:
        labels = _separate(spec, place, paths[0])
    return IndexedSource(where=shown(paths[0]), reader=reader, labels=labels, class_names=names)


def _separate(spec: DataSpec, place: _Place, path: Path) -> Labels:
    """Labels from a file of their own."""
    if Path(spec.labels).suffix.lower() not in SUFFIXES:
        raise BadInputError(
            f"{shown(path)}: `labels` names '{shown(spec.labels)}', which is neither in it nor a "
            f"file of labels ({', '.join(SUFFIXES)})"
        )
    return labels_in_order(place.file(spec.labels, "labels"))
