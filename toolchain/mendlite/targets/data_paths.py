"""Samples of a target that lie in files of any form: the paths of a data table, opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.labels import read_labels
from mendlite.errors import BadInputError
from mendlite.model.loaded_data import LoadedData
from mendlite.model.samples import Samples
from mendlite.reading.limited import shown
from mendlite.sources.opening import open_data
from mendlite.sources.source import DataSource
from mendlite.sources.spec import DataSpec
from mendlite.targets.schema import Source, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What a target may do that a file from elsewhere must not: lead out of its root, run code."""

    outside: bool = False
    code: bool = False


def require_paths_alone(path: Path, name: str, source: Source) -> None:
    """Raise BadInputError where a data table has paths and what only a file or a grid has."""
    others = {
        "file": source.file, "grid": source.grid, "frames": source.frames, "jpeg": source.jpeg,
        "outputs": source.outputs or None,
    }  # fmt: skip
    for key, value in others.items():
        if value is not None:
            raise BadInputError(f"{shown(path)}: data.{shown(name)} has paths and {key}: use one")


def require_no_forms(path: Path, name: str, source: Source) -> None:
    """Raise BadInputError where a data table without paths has what only paths have."""
    others = {
        "columns": source.columns or None, "image_size": source.image_size,
        "channels": source.channels, "sample_rate": source.sample_rate, "window": source.window,
        "stride": source.stride, "front_end": source.front_end,
    }  # fmt: skip
    for key, value in others.items():
        if value is not None:
            raise BadInputError(
                f"{shown(path)}: data.{shown(name)} has {key}, which only applies to files of "
                "`paths`: use paths, or leave it out"
            )


def open_paths(target: Target, source: Source, allowed: Allowed) -> DataSource:
    """The samples at the paths of a located target's table; raises BadInputError as sources do."""
    data = open_data(
        data_spec(target, source, allowed), root=source.path, allow_outside=allowed.outside
    )
    require_digest(source, data)
    return data


def data_spec(target: Target, source: Source, allowed: Allowed) -> DataSpec:
    """The table as ``sources`` takes it."""
    return DataSpec(
        words=tuple(source.paths),
        labels=source.labels or "",
        class_names=tuple(target.class_names),
        inputs=tuple(source.inputs),
        columns=tuple(source.columns),
        image_size=source.image_size,
        channels=source.channels,
        sample_rate=source.sample_rate,
        window=source.window,
        stride=source.stride,
        front_end=source.front_end,
        input_count=len(target.inputs),
        allow_code=allowed.code,
    )


def require_digest(source: Source, data: DataSource) -> None:
    """Raise BadInputError where a table pins the digest of its data and they are others."""
    if source.sha256 is not None and data.digest != source.sha256:
        raise BadInputError(
            f"{shown(source.paths[0])}: the sha256 of the data is not the {source.sha256[:16]}... "
            "that the target names: they are other samples"
        )


def digest_of_paths(data: DataSource) -> str:
    """A sha256 in hex by which the same files draw the same samples, wherever they lie.

    It holds the number of samples, and name and size of each file; contents are not read.
    """
    digest = sha256(f"{data.count}\n".encode())
    for path in data.files:
        digest.update(f"{path.name}\0{path.stat().st_size}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def take_from_paths(
    target: Target,
    source: str,
    data: DataSource,
    rows: Mapping[str, NDArray[np.int64]],
    *,
    places: int = 1,
) -> dict[str, Samples]:
    """The samples of each set, all read at once: what they have in common decides how.

    So a set whose images happen to be grey is fed like the others. Raises BadInputError as the
    source does, and for labels that the task refuses.
    """
    loaded = data.load(np.concatenate(list(rows.values())))
    labels = None if loaded.labels is None else _labels(target, source, loaded, places)
    samples, begin = {}, 0
    for name, drawn in rows.items():
        part = slice(begin, begin + len(drawn))
        begin = part.stop
        samples[name] = Samples(
            name=name,
            source=source,
            rows=drawn,
            raw=tuple(values[part] for values in loaded.arrays),
            labels=None if labels is None else labels[part],
        )
    return samples


def _labels(target: Target, source: str, loaded: LoadedData, places: int) -> NDArray[Any]:
    names = tuple(target.class_names) or loaded.class_names
    try:
        return read_labels(
            target.task.kind,
            "labels",
            np.asarray(loaded.labels),
            target.label_offset,
            names,
            places=places,
        )
    except BadInputError as error:
        raise BadInputError(f"{error} (data.{shown(source)})") from None
