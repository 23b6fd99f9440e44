"""The values of a delta as JSON: exact both ways, or refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

DTYPES = frozenset(
    {"bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"}
    | {"float16", "float32", "float64"}
)
"""Types of values that a delta edits."""

BITS = re.compile(r"0x[0-9a-f]{1,16}")


def plain_values(values: NDArray[np.generic]) -> list[int | float | str]:
    """Values for JSON.

    A bool is its byte. A float is the shortest decimal that reads back to the same bits; NaN and
    infinities, which JSON does not have, are their bits in hexadecimal: "0x7fc00000". Raises
    ValueError for a type that no delta holds.
    """
    if values.dtype.name not in DTYPES:
        raise ValueError(f"{values.dtype.name} values cannot be saved")
    if values.dtype.kind == "b":
        # A file may hold other bytes than 0 and 1 for true.
        return [int(v) for v in values.view(np.uint8)]
    if values.dtype.kind != "f":
        return [int(v) for v in values]
    return [_float(v) for v in values]


def _float(value: Any) -> float | str:
    decimal = float(str(value))
    if np.isfinite(value) and value.dtype.type(decimal).tobytes() == value.tobytes():
        return decimal
    return hex(int(value.view(_bits(value.dtype))))


def _bits(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The unsigned integers as wide as a float."""
    return np.dtype(f"<u{dtype.itemsize}")


def exact_values(values: Any, name: Any) -> NDArray[np.generic]:
    """The values of ``plain_values`` again, in the dtype of that name.

    Raises ValueError where a value is of another type or does not fit.
    """
    if not isinstance(name, str) or name not in DTYPES:
        raise ValueError(f"dtype {str(name)[:20]!r} is unknown")
    if not isinstance(values, list):
        raise ValueError("a column is not a list")  # noqa: TRY004 - the file's fault, not a type's
    dtype = np.dtype(name).newbyteorder("<")
    if dtype.kind == "f":
        return _floats(values, dtype)
    if not all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        raise ValueError("an integer field holds something else")
    stored = np.dtype(np.uint8) if dtype.kind == "b" else dtype
    low, high = np.iinfo(stored).min, np.iinfo(stored).max
    if not all(low <= v <= high for v in values):
        raise ValueError(f"a value does not fit {name}")
    return np.array(values, stored).view(dtype)


def _floats(values: list[Any], dtype: np.dtype[Any]) -> NDArray[np.generic]:
    array = np.zeros(len(values), dtype)
    bits = array.view(_bits(dtype))
    for at, value in enumerate(values):
        if isinstance(value, str) and BITS.fullmatch(value):
            number = int(value, 16)
            if number >= 2 ** (8 * dtype.itemsize):
                raise ValueError(f"a value does not fit {dtype.name}")
            bits[at] = number
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError("a float field holds something else")
        else:
            array[at] = _fitting(value, dtype)
    return array


def _fitting(value: float, dtype: np.dtype[Any]) -> Any:
    """A finite number in a float type; raises ValueError where it is beyond its range."""
    # The shortest decimal of the largest float is a little above it: only the rounded value tells.
    with np.errstate(over="ignore"):
        stored = np.array(value, np.float64).astype(dtype)
    if not np.isfinite(stored):
        raise ValueError(f"a value does not fit {dtype.name}")
    return stored
