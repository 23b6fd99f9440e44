"""Autoencoders that score anomalies by how badly they reconstruct their input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import mean_of
from mendlite.measure.outputs import Outputs
from mendlite.measure.regression import mean_square
from mendlite.measure.task import Labels, Quality, rounded
from mendlite.model.sample_rows import Result


def area_under_curve(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> float | None:
    """Area under the ROC curve of scores f64[n]; None unless both classes are there.

    The share of (positive, negative) pairs in the right order, ties a half (Mann-Whitney U).
    """
    negatives, positives = np.sort(score[~positive]), score[positive]
    if not (negatives.size and positives.size):
        return None
    below = np.searchsorted(negatives, positives, "left")
    tied = np.searchsorted(negatives, positives, "right") - below
    return float((below + tied / 2).sum() / (negatives.size * positives.size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoencoder:
    """The anomaly score is the mean squared reconstruction error.

    A test fails where the score differs from float's by more than the share ``tolerance`` of it;
    the loss is the mean squared difference of the reconstructions.
    """

    tolerance: float = 0.05
    kind: str = "autoencoder"
    head: str = "output"
    loss_name: str = "MSE"
    with_inputs: bool = True

    @staticmethod
    def score(outputs: Outputs) -> NDArray[np.float64]:
        """Mean squared reconstruction error, f64[n]; needs the inputs."""
        if outputs.inputs is None:
            raise ValueError("an autoencoder's outputs need the inputs")
        return mean_square(outputs.inputs, outputs.values)

    def failing(self, reference: Outputs, other: Outputs) -> NDArray[np.bool_]:
        """Whether the anomaly scores differ by more than the tolerance, bool[n]."""
        wanted = self.score(reference)
        result: NDArray[np.bool_] = np.abs(self.score(other) - wanted) > self.tolerance * wanted
        return result

    def loss(self, reference: Outputs, other: Outputs) -> NDArray[np.float64]:
        """Mean squared difference of the reconstructions, f64[n]."""
        return mean_square(reference.values, other.values)

    def quality(self, outputs: Outputs, labels: Labels | None) -> Quality:
        """Reconstruction error, and AUC where labels (1: anomaly) hold both classes."""
        score = self.score(outputs)
        auc = None if labels is None else area_under_curve(score, labels.reshape(-1) > 0)
        return Quality(auc=auc, error=mean_of(score) if score.size else None)

    def right(self, _outputs: Outputs, _labels: Labels) -> None:
        """Nothing is right or wrong."""
        return

    def results(self, outputs: Outputs) -> list[Result]:
        """The anomaly scores."""
        return [rounded(score) for score in self.score(outputs)]

    def margins(self, _outputs: Outputs) -> None:
        """No threshold of the anomaly score is known."""
        return
