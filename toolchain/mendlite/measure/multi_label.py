"""Multi-label classification: any number of labels a sample, each decided by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.elementary import exp, log, softplus
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Labels, Quality
from mendlite.model.sample_rows import Result


def bernoulli_kl(
    reference: NDArray[np.float64], approximation: NDArray[np.float64]
) -> NDArray[np.float64]:
    """KL of Bernoulli variables with these logits in nats, elementwise."""
    log_p, log_not_p = -softplus(-reference), -softplus(reference)
    log_q, log_not_q = -softplus(-approximation), -softplus(approximation)
    yes, no = exp(log_p) * (log_p - log_q), exp(log_not_p) * (log_not_p - log_not_q)
    result: NDArray[np.float64] = np.add(yes, no)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiLabel:
    """A test fails where any label's decision (probability >= threshold) differs.

    The loss is the sum of the labels' Bernoulli divergences.
    """

    threshold: float = 0.5
    kind: str = "multi-label"
    head: str = "logistic"
    loss_name: str = "KL"
    with_inputs: bool = False

    def decisions(self, outputs: Outputs) -> NDArray[np.bool_]:
        """Which labels are given, bool[n, L]."""
        result: NDArray[np.bool_] = outputs.values >= self._level()
        return result

    def failing(self, reference: Outputs, other: Outputs) -> NDArray[np.bool_]:
        """Whether any decision differs, bool[n]."""
        result: NDArray[np.bool_] = np.any(
            self.decisions(reference) != self.decisions(other), axis=1
        )
        return result

    def loss(self, reference: Outputs, other: Outputs) -> NDArray[np.float64]:
        """Sum over the labels of the Bernoulli KL in nats, f64[n]."""
        result: NDArray[np.float64] = ordered_sum(bernoulli_kl(reference.values, other.values), 1)
        return result

    def quality(self, outputs: Outputs, labels: Labels | None) -> Quality:
        """Accuracy: the share of right decisions about labels [n, L] of zeros and ones."""
        if labels is None or labels.size == 0:
            return Quality()
        decided = self.decisions(outputs)
        return Quality(accuracy=float(np.mean(decided == (labels.reshape(decided.shape) > 0))))

    def right(self, outputs: Outputs, labels: Labels) -> NDArray[np.bool_]:
        """Whether all decisions of a sample are right, bool[n]."""
        decided = self.decisions(outputs)
        result: NDArray[np.bool_] = np.all(decided == (labels.reshape(decided.shape) > 0), axis=1)
        return result

    def results(self, outputs: Outputs) -> list[Result]:
        """The labels that are given, by their places."""
        return [tuple(map(int, np.flatnonzero(row))) for row in self.decisions(outputs)]

    def margins(self, outputs: Outputs) -> NDArray[np.float64]:
        """The least distance of a label's value from the threshold, before the sigmoid, f64[n]."""
        result: NDArray[np.float64] = np.abs(outputs.values - self._level()).min(axis=1)
        return result

    def _level(self) -> float:
        """The threshold before the sigmoid."""
        return float(log(np.array(self.threshold / (1 - self.threshold))))
