"""Pieces of C99: arrays, nested loops, index expressions, comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PER_LINE = {"int8_t": 16, "int32_t": 7}
"""Values a line, by type: no line passes 100 characters."""

Axis = tuple[str, int]
"""A loop's variable and how many turns it makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one operator needs: definitions of constants, and the lines of its function."""

    constants: tuple[str, ...]
    body: tuple[str, ...]


def array(kind: str, name: str, values: NDArray[Any]) -> str:
    """The definition of a constant array of ``int8_t`` or ``int32_t``."""
    numbers = [str(value) for value in values.reshape(-1).tolist()]
    step = PER_LINE[kind]
    lines = [", ".join(numbers[at : at + step]) for at in range(0, len(numbers), step)]
    body = ",\n".join(f"    {line}" for line in lines)
    return f"static const {kind} {name}[{len(numbers)}] = {{\n{body}}};\n"


def indented(lines: Iterable[str], depth: int = 1) -> list[str]:
    """The lines, ``depth`` steps further right."""
    return [f"{'  ' * depth}{line}" for line in lines]


def nest(axes: Sequence[Axis], body: Sequence[str]) -> list[str]:
    """``body`` within loops over ``axes``, the first outermost."""
    lines = list(body)
    for name, count in reversed(axes):
        head = f"for (int {name} = 0; {name} < {count}; {name}++) {{"
        lines = [head, *indented(lines), "}"]
    return lines


def when(condition: str, body: Sequence[str]) -> list[str]:
    """``body`` under a condition; "" is no condition."""
    if not condition:
        return list(body)
    return [f"if ({condition}) {{", *indented(body), "}"]


def linear(terms: Sequence[tuple[str, int]], start: int = 0) -> str:
    """The sum of variables times factors and of ``start``; a factor of 0 leaves its term out."""
    parts = [name if factor == 1 else f"{name} * {factor}" for name, factor in terms if factor != 0]
    text = " + ".join(parts)
    if not text:
        return str(start)
    return plus(text, start)


def strides(shape: Sequence[int]) -> list[int]:
    """How far apart neighbours along each axis of a row-major array lie."""
    return [int(np.prod(shape[axis + 1 :], dtype=np.int64)) for axis in range(len(shape))]


def flat_index(names: Sequence[str], shape: Sequence[int], start: int = 0) -> str:
    """Where indices along the last axes stand in a row-major array of ``shape``."""
    steps = strides(shape)[len(shape) - len(names) :]
    return linear(list(zip(names, steps, strict=True)), start)


def axes(shape: Sequence[int]) -> list[Axis]:
    """A loop variable for each axis."""
    return [(f"i{axis}", extent) for axis, extent in enumerate(shape)]


def index(shape: Sequence[int]) -> str:
    """Where the loops of ``axes`` stand in a row-major array of ``shape``."""
    return flat_index([name for name, _ in axes(shape)], shape)


def plus(name: str, value: int) -> str:
    """``name`` and a constant."""
    if value == 0:
        return name
    return f"{name} {'-' if value < 0 else '+'} {abs(value)}"


def minus(name: str, value: int) -> str:
    """``name`` less a constant."""
    return plus(name, -value)


def remark(text: str) -> str:
    """``text`` from outside as it may stand in a comment."""
    return re.sub(r"[^\w./:;,=+ -]", "_", text, flags=re.ASCII)
