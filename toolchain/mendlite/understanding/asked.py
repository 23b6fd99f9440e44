"""What the user decided; everything that is None is found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mendlite.case.recipe import Kind, Numbers, Teacher

Layout = Literal["as-stored", "nchw", "nhwc", "swapped"]
"""How samples are stored: in the model's order, channels first, channels last, or with the two
axes of a sample swapped (time by features against features by time)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The user's decisions; None (or empty) where there is none.

    ``task``, ``threshold`` and ``tolerance`` are those of TaskSettings. ``subtract``, ``multiply``,
    ``int8`` and ``raw_offset`` are Preprocessing's, for every input. ``layout`` is how samples are
    stored. ``inputs`` are names of arrays in the model's order (or their numbers, where they have
    no names). ``label_offset`` is added to the labels; ``classes`` are class names in the model's
    order. ``allow_other_network`` accepts a float model that the int8 file was not made from.
    """

    task: Kind | None = None
    threshold: float | None = None
    tolerance: float | None = None
    subtract: Numbers | None = None
    multiply: Numbers | None = None
    int8: Literal["quantize", "raw"] | None = None
    raw_offset: int | None = None
    layout: Layout | None = None
    inputs: tuple[str, ...] = ()
    label_offset: int | None = None
    classes: tuple[str, ...] = ()
    teacher: Teacher | None = None
    allow_other_network: bool = False

    @property
    def feeding(self) -> bool:
        """Whether the user decided how values are scaled."""
        return any(
            v is not None for v in (self.subtract, self.multiply, self.int8, self.raw_offset)
        )
