"""Requests to a process that runs single operators, and its replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOperator:
    """Open a file of one operator on a runtime of ``replay.runtimes``.

    ``module`` is what is imported, ``arena`` the bytes that TFLite Micro may use, ``key`` names the
    operator in later requests. The reply lists the shapes of the outputs.
    """

    module: str
    data: bytes
    outputs: int
    arena: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOperator:
    """Run an opened operator ``times`` times, each on its share of ``inputs``' rows.

    ``whole`` states for each input whether every run gets all of it. Variables are reset before
    every ``reset``-th run, the first included; never where it is 0. The reply holds the outputs,
    the runs' rows one behind the other.
    """

    key: str
    times: int
    inputs: tuple[NDArray[Any], ...]
    whole: tuple[bool, ...]
    reset: int


Request = OpenOperator | RunOperator

Shapes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a runtime did not do it, in its own words; ``unknown``: the operator is not open."""

    words: str
    unknown: bool = False


OperatorReply = Shapes | tuple[NDArray[Any], ...] | Refused
