"""One mutant on its way through the stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from model_fuzz.dice import Dice


class DifferenceError(Exception):
    """Two parts that must agree do not."""


@dataclass
class Subject:
    """``base`` is the original file, parsed; the rest is known once the stages have run."""

    data: bytes
    base: Model
    dice: Dice
    profile: Profile
    model: Model | None = None
    inputs: list[NDArray[Any]] | None = None
    values: dict[int, NDArray[Any]] = field(default_factory=dict)

    @property
    def parsed(self) -> Model:
        """The mutant, once the reader has accepted it."""
        assert self.model is not None  # noqa: S101 - the first stage sets it
        return self.model
