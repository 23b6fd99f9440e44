"""Classification: one class a sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.elementary import exp, log
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Labels, Quality
from mendlite.model.sample_rows import Result

SURE = 30.0
"""Logit of a label against 0 for the others: a probability of one but for 1e-13."""


def predictions(logits: NDArray[np.generic]) -> NDArray[np.int64]:
    """Class index i64[n] of logits [n, C]; a tie goes to the lower index, as in TFLite."""
    result: NDArray[np.int64] = np.argmax(logits, axis=1).astype(np.int64)
    return result


def log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithm of the softmax over the last axis, shape kept."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: NDArray[np.float64] = shifted - log(ordered_sum(exp(shifted), -1))[..., None]
    return result


def kl_divergence(
    reference: NDArray[np.float64], approximation: NDArray[np.float64]
) -> NDArray[np.float64]:
    """KL(softmax(reference) || softmax(approximation)) in nats, f64[n], of real logits [n, C]."""
    log_p = log_softmax(reference)
    log_q = log_softmax(approximation)
    result: NDArray[np.float64] = ordered_sum(exp(log_p) * (log_p - log_q), -1)
    return result


def margins_of(logits: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The largest of logits [n, C] less the second largest, f64[n]; None for a single one."""
    if logits.shape[1] < 2:
        return None
    second, largest = np.sort(logits, axis=1)[:, -2:].T
    result: NDArray[np.float64] = largest - second
    return result


def labels_as_logits(labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Logits f64[n, C] of a teacher that is sure of the labels."""
    logits = np.zeros((labels.size, classes))
    logits[np.arange(labels.size), labels] = SURE
    return logits


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """A test fails where the classes differ (QNNRepair); the loss is the KL of the softmax."""

    kind: str = "classification"
    head: str = "softmax"
    loss_name: str = "KL"
    with_inputs: bool = False

    def failing(self, reference: Outputs, other: Outputs) -> NDArray[np.bool_]:
        """Whether the classes differ, bool[n]."""
        result: NDArray[np.bool_] = predictions(reference.values) != predictions(other.values)
        return result

    def loss(self, reference: Outputs, other: Outputs) -> NDArray[np.float64]:
        """KL divergence of the softmax of the logits in nats, f64[n]."""
        return kl_divergence(reference.values, other.values)

    def quality(self, outputs: Outputs, labels: Labels | None) -> Quality:
        """Accuracy, where there are labels."""
        if labels is None or labels.size == 0:
            return Quality()
        return Quality(accuracy=float(np.mean(self.right(outputs, labels))))

    def right(self, outputs: Outputs, labels: Labels) -> NDArray[np.bool_]:
        """Whether the class is the label's, bool[n]."""
        result: NDArray[np.bool_] = predictions(outputs.values) == labels
        return result

    def results(self, outputs: Outputs) -> list[Result]:
        """The classes."""
        return list(map(int, predictions(outputs.values)))

    def margins(self, outputs: Outputs) -> NDArray[np.float64] | None:
        """The largest value less the second largest, f64[n]; None for a single value."""
        return margins_of(outputs.values)
