"""Regression: real outputs that should stay where float's are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import mean_of, ordered_mean
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Labels, Quality, first_values
from mendlite.model.sample_rows import Result


def mean_square(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean squared difference of each sample's values, f64[n]."""
    result: NDArray[np.float64] = ordered_mean(np.square(a - b), 1)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A test fails where any output is more than ``tolerance`` (in the output's unit) away."""

    tolerance: float
    kind: str = "regression"
    head: str = "output"
    loss_name: str = "MSE"
    with_inputs: bool = False

    def failing(self, reference: Outputs, other: Outputs) -> NDArray[np.bool_]:
        """Whether any output is further than the tolerance from float's, bool[n]."""
        far = np.abs(reference.values - other.values).max(axis=1, initial=0.0)
        result: NDArray[np.bool_] = far > self.tolerance
        return result

    def loss(self, reference: Outputs, other: Outputs) -> NDArray[np.float64]:
        """Mean squared difference, f64[n]."""
        return mean_square(reference.values, other.values)

    def quality(self, outputs: Outputs, labels: Labels | None) -> Quality:
        """RMS distance from the labels, where there are labels."""
        if labels is None or labels.size == 0:
            return Quality()
        wanted = labels.reshape(outputs.values.shape).astype(np.float64)
        return Quality(error=float(np.sqrt(mean_of(mean_square(wanted, outputs.values)))))

    def right(self, _outputs: Outputs, _labels: Labels) -> None:
        """Nothing is right or wrong."""
        return

    def results(self, outputs: Outputs) -> list[Result]:
        """The values, of many the first ones."""
        return first_values(outputs.values)

    def margins(self, _outputs: Outputs) -> None:
        """Nothing is decided."""
        return
