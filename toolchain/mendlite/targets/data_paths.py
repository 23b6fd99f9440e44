"""Samples of a target that lie in files of any form: the paths of a data table, opened."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mendlite.errors import BadInputError
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


def open_paths(target: Target, source: Source, allowed: Allowed) -> DataSource:
    """The samples at the paths of a located target's table; raises BadInputError as sources do."""
    return open_data(data_spec(target, source, allowed), root=source.path,
                     allow_outside=allowed.outside)  # fmt: skip


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
        input_count=len(target.inputs),
        allow_code=allowed.code,
    )


def digest_of_paths(data: DataSource) -> str:
    """A sha256 in hex by which the same files draw the same samples, wherever they lie.

    It holds the number of samples, and name and size of each file; contents are not read.
    """
    found = sha256(f"{data.count}\n".encode())
    for path in data.files:
        found.update(f"{path.name}\0{path.stat().st_size}\n".encode("utf-8", "surrogateescape"))
    return found.hexdigest()
