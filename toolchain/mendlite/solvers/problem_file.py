"""A problem as a ``.npz`` file that a colleague can solve elsewhere (docs/SPEC.md)."""

from __future__ import annotations

from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.model.problem import Objective, RepairProblem
from mendlite.reading.limited import is_there, shown
from mendlite.reading.npz import NUMBERS as PLAIN
from mendlite.reading.npz import TEXT, read_npz

SCHEMA = 1

ARRAYS = {
    "inputs": (np.int16, 2), "weights": (np.int16, 1), "lower": (np.int64, 1),
    "upper": (np.int64, 1), "delta_min": (np.int16, 1), "delta_max": (np.int16, 1),
}  # fmt: skip
OPTIONAL = ("row_weights", "target")
NUMBERS = ("layer", "neuron", "bias")


def dumps_problem(problem: RepairProblem) -> bytes:
    """The bytes of the file; the same problem has the same bytes."""
    values: dict[str, Any] = {"schema": np.int64(SCHEMA)}
    for field in fields(problem):
        value = getattr(problem, field.name)
        if isinstance(value, Objective):
            values[field.name] = np.array(value.value)
        elif value is not None:
            values[field.name] = np.asarray(value)
    sink = BytesIO()
    np.savez_compressed(sink, **values)
    return sink.getvalue()


def load_problem(path: Path) -> RepairProblem:
    """Read a problem; raises BadInputError that names the file and what is wrong with it."""
    if not is_there(path):
        raise BadInputError(f"{shown(path)}: no such file")
    values = read_npz(path, None, kinds=PLAIN + TEXT)
    try:
        return _problem(values)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise BadInputError(f"{shown(path)}: not a problem of mendlite: {_words(error)}") from None


def _words(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else shown(error)


def _problem(values: dict[str, NDArray[Any]]) -> RepairProblem:
    if int(values["schema"]) != SCHEMA:
        raise ValueError(f"schema {int(values['schema'])}, this version reads {SCHEMA}")
    arrays = {name: _array(values, name, *kind) for name, kind in ARRAYS.items()}
    rows, columns = arrays["inputs"].shape
    for name in ("lower", "upper"):
        _require(arrays[name].size == rows, f"{name} has not {rows} entries")
    for name in ("weights", "delta_min", "delta_max"):
        _require(arrays[name].size == columns, f"{name} has not {columns} entries")
    _require(bool((arrays["delta_min"] <= arrays["delta_max"]).all()), "an empty box")
    _require(bool((arrays["lower"] <= arrays["upper"]).all()), "a row whose sides cross")
    optional = {
        name: _array(values, name, np.int64, 1) if name in values else None for name in OPTIONAL
    }
    for name, array in optional.items():
        _require(array is None or array.size == rows, f"{name} has not {rows} entries")
    prices = optional["row_weights"]
    _require(prices is None or bool((prices >= 0).all()), "a negative row weight")
    objective = Objective(str(values["objective"]))
    if objective is Objective.SQUARED_ERROR:
        _require(optional["target"] is not None, "squared_error without a target")
    fields_read: dict[str, Any] = {name: int(values[name]) for name in NUMBERS}
    fields_read |= {**arrays, **optional, "objective": objective}
    return RepairProblem(**fields_read)


def _array(values: dict[str, NDArray[Any]], name: str, kind: Any, axes: int) -> NDArray[Any]:
    array = values[name]
    whole = np.issubdtype(array.dtype, np.integer)
    _require(whole and array.ndim == axes, f"{name} is not an array of integers with {axes} axes")
    exact = array.astype(kind)
    _require(bool((exact == array).all()), f"{name} leaves the range of {np.dtype(kind)}")
    return exact


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise ValueError(words)
