"""From what a user brings to a target: opened, understood, and written relative to its folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mendlite.case.samples import FEWEST, split_counts
from mendlite.jobs.front_door.brought import Brought
from mendlite.jobs.front_door.left_arrays import require_none_left
from mendlite.jobs.front_door.options import require_read_by
from mendlite.jobs.front_door.places import HERE, Places, fixed_part, is_function
from mendlite.model.loaded_data import LoadedData
from mendlite.reading.limited import MODEL, digest_of, is_there
from mendlite.sources.opening import open_data
from mendlite.sources.source import DataSource
from mendlite.targets.load import located
from mendlite.targets.schema import (
    Draw,
    ModelFile,
    Models,
    RepairDefaults,
    SampleSplit,
    Source,
    Target,
)
from mendlite.understanding.result import Understanding
from mendlite.understanding.understand import understand

TRIED = 1000
"""Samples that are looked at to understand the rest."""

MOST_HELD_OUT = 10_000
"""Validation samples of a target that is written: more are not loaded."""

SAMPLES = "samples"
"""The name of the data table of a target that is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTarget:
    """A target that was found out: its located files, what was understood, and where it belongs.

    ``file`` is its target.toml, which need not be there. ``outside`` states that its files lie
    above the folder in which the program runs: reading it again needs `allow_outside`.
    """

    target: Target
    understanding: Understanding
    file: Path
    outside: bool


def find_target(brought: Brought, file: Path) -> FoundTarget:
    """The target that repairs what the user brings, as ``file`` is to hold it.

    Raises BadInputError for files that cannot be read or do not fit each other, NotSureError where
    a decision of the user is needed.
    """
    source = open_data(brought.spec, root=HERE, allow_outside=True)
    data = replace(source.sample(TRIED, seed=0), sets=set_sizes(source.count))
    models = brought.models
    understood = understand(
        models.float_model, models.int8, data, brought.asked(source.class_names)
    )
    require_read_by(understood.task.kind, brought.options)
    if not brought.options.inputs:
        require_none_left(data, understood.order, len(models.int8.inputs))
    places = _places(brought, source, file.parent)
    target = _target(brought, source, understood, data, places)
    return FoundTarget(
        target=located(target, file, data_root=None, allow_outside=True),
        understanding=understood,
        file=file,
        outside=places.outside,
    )


def set_sizes(samples: int) -> tuple[int, ...]:
    """Repair, selection and validation samples of so many; empty for too few to split."""
    if samples < FEWEST:
        return ()
    repair, selection = split_counts(samples)
    return repair, selection, min(MOST_HELD_OUT, samples - repair - selection)


def _places(brought: Brought, source: DataSource, folder: Path) -> Places:
    """The target's folder, and the nearest one above it with all of the models and samples."""
    given = brought.options
    files = [*brought.models.paths, *source.files]
    if given.labels and is_there(Path(given.labels)):
        files.append(Path(given.labels))
    above = {path.resolve().parent for path in files}
    above |= {fixed_part(w) for w in brought.words if not is_function(w)}
    if any(map(is_function, brought.words)):
        above.add(HERE.resolve())
    real = folder.resolve()
    return Places(root=Path(os.path.commonpath([real, *above])), folder=real)


def _target(
    brought: Brought,
    source: DataSource,
    understood: Understanding,
    data: LoadedData,
    places: Places,
) -> Target:
    repair, selection, held_out = data.sets
    models = brought.models
    return Target(
        name=brought.name,
        description=f"{brought.name}: {understood.task.kind}, understood from its files",
        root=places.up,
        label_offset=understood.label_offset,
        class_names=list(understood.class_names),
        teacher=understood.teacher,
        signature=models.int8.signature,
        task=understood.task,
        models=Models(
            float=None if models.float_path is None else _model(brought, models.float_path, places),
            int8=_model(brought, models.int8_path, places),
        ),
        data={SAMPLES: _source(brought, source, understood.order, data.names, places)},
        samples=SampleSplit(
            repair=Draw(source=SAMPLES, count=repair),
            selection=Draw(source=SAMPLES, count=selection),
            validation=Draw(source=SAMPLES, count=held_out),
        ),
        inputs=understood.inputs,
        repair=RepairDefaults(allow_other_network=brought.allow_other_network),
    )


def _model(brought: Brought, path: Path, places: Places) -> ModelFile:
    digest = digest_of(path, MODEL) if brought.pin else None
    return ModelFile(file=places.path(path), sha256=digest)


def _source(
    brought: Brought,
    opened: DataSource,
    order: Sequence[int],
    names: Sequence[str],
    places: Places,
) -> Source:
    """The data table: the arrays in the order of the model's inputs."""
    given, spec = brought.options, brought.spec
    words, inputs = list(brought.words), [names[i] for i in order]
    if list(order) != list(range(len(names))) and len(words) == len(names):
        # Files that are one input each have no names of their own: their order is the inputs'.
        words, inputs = [words[i] for i in order], [names[i] for i in order]
    elif len(names) == 1:
        inputs = list(given.inputs or ())
    labels = given.labels
    if labels and is_there(Path(labels)):
        labels = places.path(labels)
    return Source(
        paths=places.words(words),
        sha256=opened.digest if brought.pin else None,
        inputs=inputs if all(inputs) else [],
        labels=labels,
        columns=list(spec.columns),
        image_size=spec.image_size,
        channels=given.channels,
        sample_rate=spec.sample_rate,
        window=spec.window,
        stride=spec.stride,
        front_end=spec.front_end,
    )
