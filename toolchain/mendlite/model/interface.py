"""Scales and zero-points of the graph's inputs and outputs: the contract with the caller.

The firmware quantizes what it feeds by the first and dequantizes what it reads by the second, so
they are edited only where the options allow it, and every edit is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

from mendlite.reading.limited import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class MayEdit:
    """Whether the parameters of the graph's ``inputs`` and of its ``outputs`` may be edited."""

    inputs: bool = False
    outputs: bool = False


NEITHER = MayEdit()
"""The caller's contract is kept."""


@unique
class Side(Enum):
    """On which side of the graph a tensor lies."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """real = ``scale`` * (stored - ``zero_point``); ``scale`` is a float32's value."""

    scale: float
    zero_point: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceTensor:
    """A quantized input or output of the graph.

    ``number`` counts the graph's inputs, or its outputs, from 0; ``dtype`` is "INT8" or "UINT8".
    """

    side: Side
    number: int
    tensor: int
    name: str
    dtype: str
    parameters: Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceChange:
    """New parameters of an input or output of the graph, in place of its ``old`` ones."""

    side: Side
    number: int
    tensor: int
    name: str
    dtype: str
    old: Parameters
    new: Parameters

    @property
    def sentence(self) -> str:
        """What the firmware has to change."""
        now, was = self.new, self.old
        verb = "feed" if self.side is Side.INPUT else "read"
        return (
            f"{verb} {self.side.value} {self.number} '{shown(self.name)}' with scale "
            f"{now.scale:.9g}, zero-point {now.zero_point} (before: {was.scale:.9g}, "
            f"{was.zero_point})"
        )
