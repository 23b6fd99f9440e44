"""Which of several named arrays are the inputs, and which one is the labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown
from mendlite.reading.npz import NUMBERS
from mendlite.sources.spec import DataSpec

LABEL_NAMES = ("labels", "label", "y", "target", "targets", "classes", "class", "y_true")
"""Names of arrays, columns and features that mean the labels, the likeliest first."""

CLASS_LISTS = ("classes", "class")
"""Of these names, those under which an array may list the classes instead."""

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
    input, where entries of several counts could be, and where what is called labels has not one
    for each sample.
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
    if spec.labels:
        # Named elsewhere.
        return inputs, None
    return inputs, _usual_labels(where, what, entries, inputs)


def _usual_labels(
    where: str, what: str, entries: Mapping[str, Entry], inputs: tuple[str, ...]
) -> str | None:
    """The likeliest entry with a label for each sample; None where none is called labels.

    Text of another count names the classes, and so may what is called so.
    """
    count = entries[inputs[0]].shape[0]
    named = [name for name in label_names(entries) if name not in inputs]
    for name in named:
        if entries[name].shape[:1] == (count,):
            return name
    for name in named:
        entry = entries[name]
        if entry.shape and entry.dtype.kind != "U" and _last(name) not in CLASS_LISTS:
            raise BadInputError(
                f"{where}: {what} '{shown(name)}' is called labels, but has {entry.shape[0]} for "
                f"{count} samples: name the labels by `labels`, or the {what} otherwise"
            )
    return None


def label_name(names: Iterable[str]) -> str | None:
    """The name that means labels, by its last part (``image/label``); None where there is none."""
    return next(iter(label_names(names)), None)


def label_names(names: Iterable[str]) -> list[str]:
    """All names that mean labels, the likeliest first."""
    lower = {_last(name): name for name in reversed(list(names))}
    return [lower[name] for name in LABEL_NAMES if name in lower]


def _last(name: str) -> str:
    return name.lower().rpartition("/")[2]


def _can_be_input(entry: Entry) -> bool:
    return entry.dtype.kind in NUMBERS and len(entry.shape) > 1


def listed(entries: Mapping[str, Entry]) -> str:
    """``x float32[100, 8], y int64[100]``."""
    some = [f"{shown(n)} {e.dtype.name}{list(e.shape)}" for n, e in list(entries.items())[:LISTED]]
    return ", ".join([*some, "..."] if len(entries) > LISTED else some) or "nothing"
