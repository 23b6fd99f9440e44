"""Numbers of a target that TOML can write and nothing can compute with."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from mendlite.errors import BadInputError
from mendlite.reading.limited import shown
from mendlite.targets.schema import Target

LARGEST = 2**31 - 1
"""Of a whole number."""


def require_plain_numbers(path: Path, target: Target) -> None:
    """Raise BadInputError that names the field for numbers that cannot be meant.

    They are nan, inf, whole numbers beyond int32, and 0 as the factor of all samples.
    """
    for name, value in _numbers("", target):
        if not isfinite(value):
            raise BadInputError(f"{shown(path)}: {name} is {value}: it must be a finite number")
        if isinstance(value, int) and abs(value) > LARGEST:
            raise BadInputError(f"{shown(path)}: {name} is beyond {LARGEST}")
    for rule in target.inputs:
        if not np.any(rule.multiply):
            raise BadInputError(
                f"{shown(path)}: inputs.multiply is 0: all samples would be the same"
            )


def _numbers(name: str, value: Any) -> Iterator[tuple[str, int | float]]:
    """(field, number) of every number in a table."""
    if isinstance(value, int | float):
        yield name, value
    elif isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            inner = f"{name}.{field.encode_name}".lstrip(".")
            yield from _numbers(inner, getattr(value, field.name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(f"{name}.{shown(key)}", item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(name, item)
