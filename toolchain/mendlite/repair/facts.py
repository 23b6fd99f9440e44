"""What is known of a case before a sample is replayed: whether a move applies follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.case.case import Case
from mendlite.model.graph import Layer, Model
from mendlite.model.repair_options import RepairOptions
from mendlite.replay.reference.slices import multiplications
from mendlite.tflite.scale_groups import ScaleGroup, scale_groups

LARGE = 2.5e10
"""Multiplications of one replay of the repair samples from which even one more costs minutes."""


def replayed_multiplications(case: Case) -> int:
    """Multiplications of one replay of the repair samples."""
    return multiplications(case.quantized) * case.rows(case.sets.repair)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The case, the int8 ``model`` as repaired so far, the ``layers`` that may be edited, options.

    ``layers`` are layer numbers. Where a move rescaled the float model, ``case`` holds that one.
    """

    case: Case
    model: Model
    layers: tuple[int, ...]
    options: RepairOptions

    @property
    def groups(self) -> tuple[ScaleGroup, ...]:
        """The activations of ``model`` with common parameters, and which of them may change."""
        return scale_groups(self.model, self.options.scope.interface)

    @property
    def editable(self) -> list[Layer]:
        """The layers of ``model`` that may be edited."""
        return [layer for layer in self.model.layers if layer.number in self.layers]
