"""From what the user wrote to a source: which form it is, what its labels and classes are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mendlite.errors import BadInputError
from mendlite.reading.inside import inside
from mendlite.reading.limited import is_there, shown
from mendlite.sources.class_folders import label_class_folders
from mendlite.sources.folder import FileSet, list_class_folders, list_files, list_folder
from mendlite.sources.forms import form_of
from mendlite.sources.generator import open_generator
from mendlite.sources.label_files import SUFFIXES, LabelledFiles, label_files, labels_in_order
from mendlite.sources.paths import paths_of
from mendlite.sources.recordings import RecordingFiles
from mendlite.sources.registry import MANY, ONE_EACH, require_read
from mendlite.sources.source import DataSource, IndexedSource, Labels
from mendlite.sources.spec import DataSpec
from mendlite.sources.text_lists import read_class_names

CODE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
"""``module:function``."""


def open_data(spec: DataSpec, *, root: Path, allow_outside: bool = False) -> DataSource:
    """The source that ``spec`` describes; paths are relative to ``root`` and stay in it.

    Lists of files and labels are read, samples are not. Raises BadInputError for data that are
    missing, broken or of no known form, where it is not clear what is meant (the parameter that
    decides it stands in `backticks`), and MissingPackageError where a decoder is not installed.
    """
    place = _Place(root=root, allow_outside=allow_outside)
    names = _class_names(spec, place)
    if (
        len(spec.words) == 1
        and CODE.fullmatch(spec.words[0])
        and not is_there(root / spec.words[0])
    ):
        require_read(shown(spec.words[0]), "generator", spec)
        return open_generator(spec.words[0], replace(spec, class_names=names), root)
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
    if form in ONE_EACH:
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
    file_set: FileSet, spec: DataSpec, place: _Place, names: tuple[str, ...]
) -> IndexedSource:
    """A source of files that are one sample each."""
    if file_set.form not in ONE_EACH:
        raise BadInputError(f"{shown(file_set.folder)}: {file_set.form} files are not read")
    require_read(shown(file_set.folder), file_set.form, spec)
    labelled = _labelled(file_set, spec, place, names)
    read = labelled.file_set
    remarks = f" ({read.left_out} other files left out)" if read.left_out else ""
    empty = _empty_classes(read)
    _require_no_inputs(shown(file_set.folder), spec)
    reader, labels = ONE_EACH[file_set.form](read, spec), labelled.labels
    if labels is not None and isinstance(reader, RecordingFiles):
        labels = reader.spread(labels)
    return IndexedSource(
        where=shown(file_set.folder),
        reader=reader,
        labels=labels,
        class_names=labelled.class_names or names or _named(labelled.labels),
        remarks=remarks + (f"; no sample of {', '.join(empty)}" if empty else ""),
    )


def _labelled(
    file_set: FileSet, spec: DataSpec, place: _Place, names: tuple[str, ...]
) -> LabelledFiles:
    if spec.labels:
        return label_files(file_set, place.file(spec.labels, "labels"))
    if file_set.classes is not None:
        return label_class_folders(file_set, names)
    return label_files(file_set, None)


def _empty_classes(file_set: FileSet) -> list[str]:
    if file_set.classes is None:
        return []
    held = set(file_set.classes.tolist())
    return [shown(name) for place, name in enumerate(file_set.folders) if place not in held]


def _of_many(
    form: str, paths: Sequence[Path], spec: DataSpec, place: _Place, names: tuple[str, ...]
) -> IndexedSource:
    """A source of files that hold many samples each."""
    if form not in MANY:
        forms = ", ".join(one.what for one in MANY.values())
        raise BadInputError(
            f"{shown(paths[0])}: data are a folder, images, WAV files, {forms} or module:function; "
            "this file is none of them"
        )
    for path in paths[1:]:
        if form_of(path) != form or not MANY[form].several:
            raise BadInputError(f"{shown(path)}: several files of data are images or recordings")
    require_read(shown(paths[0]), form, spec)
    if not MANY[form].named or (form == "array" and len(paths) == 1):
        _require_no_inputs(shown(paths[0]), spec)
    reader, labels = MANY[form].open(paths, spec)
    if labels is None and spec.labels:
        labels = _separate(spec, place, paths[0])
    return IndexedSource(
        where=shown(paths[0]), reader=reader, labels=labels, class_names=names or _named(labels)
    )


def _require_no_inputs(where: str, spec: DataSpec) -> None:
    """Raise BadInputError for names of inputs where the data are one array without a name."""
    if spec.inputs:
        raise BadInputError(
            f"{where}: `inputs` names '{shown(spec.inputs[0])}', and these samples are one array "
            "without a name; of a table, `columns` chooses"
        )


def _named(labels: Labels | None) -> tuple[str, ...]:
    """The class names that the labels themselves hold."""
    return () if labels is None else labels.class_names


def _separate(spec: DataSpec, place: _Place, path: Path) -> Labels:
    """Labels from a file of their own."""
    if Path(spec.labels).suffix.lower() not in SUFFIXES:
        raise BadInputError(
            f"{shown(path)}: `labels` names '{shown(spec.labels)}', which is neither in it nor a "
            f"file of labels ({', '.join(SUFFIXES)})"
        )
    return labels_in_order(place.file(spec.labels, "labels"))
