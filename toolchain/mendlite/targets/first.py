"""A first ``target.toml`` for a user's own model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mendlite.case.recipe import Preprocessing
from mendlite.case.samples import split_counts
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.reading.limited import DATA, digest_of, shown
from mendlite.reading.npz import read_npz

RULES: Mapping[str, Preprocessing] = {
    "the values as they are": Preprocessing(),
    "0 ... 255 to 0 ... 1": Preprocessing(multiply=1 / 255),
    "0 ... 255 to -1 ... 1": Preprocessing(subtract=127.5, multiply=1 / 127.5),
    "0 ... 255 to -1 ... 1 (128)": Preprocessing(subtract=128, multiply=1 / 128),
    "0 ... 16 to 0 ... 1": Preprocessing(multiply=1 / 16),
}
"""Preprocessing that is tried, the plainest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrays:
    """The arrays of a data file that look like the model's inputs and labels."""

    inputs: tuple[str, ...]
    labels: str | None
    values: tuple[NDArray[np.generic], ...]
    label_values: NDArray[np.int64] | None

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(self.values[0])


def find_arrays(path: Path, model: Model) -> Arrays:
    """Match arrays to the model's inputs by the size of a sample, and labels by their type.

    Raises BadInputError, listing what the file holds, where an input has no array.
    """
    arrays = read_npz(path, None)
    names: list[str] = []
    for index in model.inputs:
        size = int(np.prod(model.tensors[index].shape[1:]))
        fits = [
            n for n, a in arrays.items()
            if n not in names and a.dtype.kind in "iuf" and a.ndim and len(a) and a[0].size == size
            and a.ndim > 1
        ]  # fmt: skip
        if not fits:
            held = ", ".join(f"{shown(n)} {a.dtype}{list(a.shape)}" for n, a in arrays.items())
            raise BadInputError(
                f"{path}: no array has samples of {list(model.tensors[index].shape[1:])} for input "
                f"'{model.tensors[index].name}'; it holds {held}"
            )
        names.append(fits[0])
    count = len(arrays[names[0]])
    classes = prod(model.tensors[model.outputs[0]].shape[1:])
    labels = [n for n, a in arrays.items() if _are_labels(a, count, classes)]
    labels.sort(key=lambda name: "label" not in name and name not in {"y", "targets"})
    chosen = labels[0] if labels else None
    return Arrays(
        inputs=tuple(names),
        labels=chosen,
        values=tuple(arrays[n] for n in names),
        label_values=None if chosen is None else arrays[chosen].astype(np.int64),
    )


def _are_labels(array: NDArray[np.generic], count: int, classes: int) -> bool:
    """Whether an array holds a class of the model for every sample."""
    if classes < 2 or array.dtype.kind not in "iu" or array.shape != (count,):
        return False
    return int(array.min()) >= 0 and int(array.max()) < classes


def task_of(model: Model) -> str:
    """The kind of task of a first target: one value a sample is no class."""
    values = prod(model.tensors[model.outputs[0]].shape[1:])
    return "regression" if values == 1 else "classification"


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's."""
    return json.dumps(value)


def target_toml(
    *,
    name: str,
    files: Mapping[str, Path],
    folder: Path,
    arrays: Arrays,
    rule: Preprocessing,
    task: str,
) -> str:
    """The text of a target.toml in ``folder``; ``files`` are "float", "int8" and "data"."""
    repair, selection = split_counts(arrays.count)
    relative = {key: _relative(path, folder) for key, path in files.items()}
    digests = {key: digest_of(path, DATA) for key, path in files.items()}
    lines = [
        f"name = {_text(name)}",
        f"description = {_text(f'{name}, written by mendlite init')}",
    ]
    for key in ("float", "int8"):
        lines += ["", f"[models.{key}]", f"file = {_text(relative[key])}"]
        lines += [f'sha256 = "{digests[key]}"']
    lines += ["", "[data.samples]", f"file = {_text(relative['data'])}"]
    lines += [f'sha256 = "{digests["data"]}"', f"inputs = {json.dumps(list(arrays.inputs))}"]
    if arrays.labels is not None:
        lines += [f"labels = {_text(arrays.labels)}"]
    lines += ["", "[samples]", f'repair = {{ from = "samples", count = {repair} }}']
    lines += [f'selection = {{ from = "samples", count = {selection} }}']
    lines += ["# All the rest.", 'validation = { from = "samples" }']
    if task != "classification":
        lines += ["", "[task]", f"kind = {_text(task)}"]
    for _ in arrays.inputs:
        lines += ["", "[[inputs]]", "# (raw - subtract) * multiply is what the float model takes."]
        lines += [f"subtract = {rule.subtract}", f"multiply = {rule.multiply!r}"]
    return "\n".join(lines) + "\n"


def _relative(path: Path, folder: Path) -> str:
    """The path as written in the target file: relative where it lies below, else absolute."""
    absolute = path.resolve()
    below = absolute.is_relative_to(folder.resolve())
    return str(absolute.relative_to(folder.resolve()) if below else absolute)
