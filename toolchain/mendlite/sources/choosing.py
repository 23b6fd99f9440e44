"""Which of several named arrays are the inputs, and which one is the labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown
from mendlite.reading.npz import NUMBERS
from mendlite.sources.spec import DataSpec

LABEL_NAMES = ("labels", "label", "y", "target", "targets", "classes", "class", "y_true")
"""Names of arrays, columns and features that mean the labels, the likeliest first."""

LISTED = 20
"""Names that an error lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Type and shape of an array of a file; the first axis counts the samples."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def choose(
    where: str, what: str, entries: Mapping[str, Entry], spec: DataSpec
) -> tuple[tuple[str, ...], str | None]:
    """(names of the inputs, name of the labels or None); ``what`` is one entry in a word.

    Raises BadInputError, listing what there is, where a name is missing, where nothing can be an
    input, and where entries of several counts could be.
    """
    usual = label_name(entries)
    label = spec.labels if spec.labels in entries else usual
    for name in spec.inputs:
        if name not in entries:
            raise BadInputError(
                f"{where}: there is no {what} '{shown(name)}' (`inputs`); it holds "
                f"{listed(entries)}"
            )
    inputs = spec.inputs or tuple(
        name for name, entry in entries.items() if name != label and _can_be_input(entry)
    )
    if not inputs:
        raise BadInputError(f"{where}: no {what} holds samples: it holds {listed(entries)}")
    counts = {entries[name].shape[0] if entries[name].shape else 0 for name in inputs}
    if len(counts) > 1 or counts == {0}:
        raise BadInputError(
            f"{where}: it holds {listed(entries)}: name the samples by `inputs` and the labels by "
            "`labels`"
        )
    if spec.labels in entries:
        return inputs, spec.labels
    if spec.labels or usual is None or usual in inputs or entries[usual].shape[:1] != (*counts,):
        # Named elsewhere, or no labels of these samples.
        return inputs, None
    return inputs, usual


def label_name(names: Mapping[str, Any]) -> str | None:
    """The name that means labels, by its last part (``image/label``); None where there is none."""
    lower = {name.lower().rpartition("/")[2]: name for name in reversed(list(names))}
    return next((lower[name] for name in LABEL_NAMES if name in lower), None)


def _can_be_input(entry: Entry) -> bool:
    return entry.dtype.kind in NUMBERS and len(entry.shape) > 1


def listed(entries: Mapping[str, Entry]) -> str:
    """``x float32[100, 8], y int64[100]``."""
    some = [f"{shown(n)} {e.dtype.name}{list(e.shape)}" for n, e in list(entries.items())[:LISTED]]
    return ", ".join([*some, "..."] if len(entries) > LISTED else some) or "nothing"
