"""``mendlite.load_target``: what a ``target.toml`` says, as the parameters of ``repair``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mendlite.api.datasets import Dataset
from mendlite.case.gate import Gate
from mendlite.case.recipe import Preprocessing, TaskSettings, Teacher
from mendlite.model.samples import Samples
from mendlite.targets.data_paths import Allowed
from mendlite.targets.load import load_target as find
from mendlite.targets.places import label_places
from mendlite.targets.samples import load_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedTarget:
    """The models and samples of a target; ``mendlite.repair(**target)`` repairs it.

    ``samples`` are the three sets for repair, selection and validation. Of the target's [repair]
    settings it holds ``allow_other_network``; the others are the command's.
    """

    name: str
    int8: str
    float_model: str | None
    samples: tuple[Dataset, ...]
    task: TaskSettings
    preprocessing: tuple[Preprocessing, ...]
    teacher: Teacher
    gate: Gate
    allow_other_network: bool

    def keys(self) -> Iterator[str]:
        """The parameters of ``mendlite.repair`` that it fills."""
        return (field.name for field in fields(self))

    def __getitem__(self, name: str) -> Any:
        """One of them."""
        return getattr(self, name)


def load_target(
    name: str | os.PathLike[str],
    *,
    data: str | os.PathLike[str] | None = None,
    seed: int = 0,
    allow_outside: bool = False,
    allow_code: bool = False,
) -> LoadedTarget:
    """The target of this name, or in the ``target.toml`` at this path.

    ``data`` is the folder of the targets whose files are not in the project, ``seed`` draws the
    samples where the target counts them. ``allow_outside`` lets its paths lead out of its folder,
    ``allow_code`` runs the function that its samples come from. Raises BadInputError for a missing
    or broken file.

    >>> import mendlite
    >>> digits = mendlite.load_target("digits")
    >>> [len(one) for one in digits.samples], digits.task.kind
    ([400, 197, 700], 'classification')
    """
    root = None if data is None else Path(data)
    target = find(os.fspath(name), data_root=root, allow_outside=allow_outside)
    allowed = Allowed(outside=allow_outside, code=allow_code)
    sets = load_samples(target, seed, allowed, places=label_places(target))
    known = target.models.float
    return LoadedTarget(
        name=target.name,
        int8=str(target.models.int8.path),
        float_model=None if known is None else str(known.path),
        samples=tuple(
            _dataset(samples, sets.class_names)
            for samples in (sets.repair, sets.selection, sets.validation)
        ),
        task=target.task,
        preprocessing=target.inputs,
        teacher=target.teacher,
        gate=target.gate,
        allow_other_network=target.repair.allow_other_network,
    )


def _dataset(samples: Samples, class_names: Sequence[str]) -> Dataset:
    return Dataset(list(samples.raw), samples.labels, list(samples.outputs), class_names)
