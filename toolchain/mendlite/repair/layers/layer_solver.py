"""What repairs one layer at a time: an integer solver of the layer's system."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.weight_scales import Rescaled
from mendlite.model.layer_system import LayerRepair, LayerSystem


class LayerSolver(Protocol):
    """Solves one layer's system. Implementations are frozen: equal solvers, equal solutions."""

    @property
    def name(self) -> str:
        """For progress."""

    def solve(self, system: LayerSystem) -> LayerRepair:
        """Other weights and biases, with what they are claimed to save."""

    def bound(self, system: LayerSystem) -> NDArray[np.float64] | None:
        """Squared errors f64[C] that no integers in the box go below; None where none is known."""


@runtime_checkable
class ScaleSolver(LayerSolver, Protocol):
    """A solver that searches other weight scales, too."""

    def solve_with_scales(
        self, system: LayerSystem, *, shared: bool
    ) -> tuple[LayerRepair, Rescaled | None]:
        """The repair at the present scales, and a better one at others; None where they stay.

        With ``shared`` all channels have one scale.
        """
