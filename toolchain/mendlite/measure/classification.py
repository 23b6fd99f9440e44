"""Failing tests, accuracy and divergence of classifiers, from their logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.measure.mcnemar import mcnemar_p


def predictions(logits: NDArray[np.generic]) -> NDArray[np.int64]:
    """Class index i64[n] of logits [n, C]; a tie goes to the lower index, as in TFLite."""
    result: NDArray[np.int64] = np.argmax(logits, axis=1).astype(np.int64)
    return result


def log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithm of the softmax over the last axis, shape kept."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def kl_divergence(
    reference: NDArray[np.float64], approximation: NDArray[np.float64]
) -> NDArray[np.float64]:
    """KL(softmax(reference) || softmax(approximation)) in nats, f64[n], of real logits [n, C]."""
    log_p = log_softmax(reference)
    log_q = log_softmax(approximation)
    result: NDArray[np.float64] = (np.exp(log_p) * (log_p - log_q)).sum(axis=-1)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one model said of n samples: real logits f64[n, C] and class indices i64[n]."""

    logits: NDArray[np.float64]
    predicted: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A quantized model against its float model on one set of samples.

    ``failing`` counts samples whose class differs from the float model's; ``kl`` is the mean
    KL divergence of the logits in nats; ``accuracy`` is None without labels.
    """

    samples: int
    failing: int
    kl: float
    accuracy: float | None

    def not_worse_than(self, other: Score) -> bool:
        """Fewer failing tests, or as many and no more divergence."""
        return (self.failing, self.kl) <= (other.failing, other.kl)


def failing(reference: Outcome, quantized: Outcome) -> NDArray[np.bool_]:
    """QNNRepair's failing tests, bool[n]: float and quantized disagree on the class."""
    result: NDArray[np.bool_] = reference.predicted != quantized.predicted
    return result


def accuracy(outcome: Outcome, labels: NDArray[np.int64] | None) -> float | None:
    """Share of samples whose class is the label's; None without labels or samples."""
    if labels is None or labels.size == 0:
        return None
    return float(np.mean(outcome.predicted == labels))


def score(reference: Outcome, quantized: Outcome, labels: NDArray[np.int64] | None) -> Score:
    """Score ``quantized`` against the float model's ``reference``."""
    count = int(reference.predicted.size)
    divergence = kl_divergence(reference.logits, quantized.logits)
    return Score(
        samples=count,
        failing=int(np.count_nonzero(failing(reference, quantized))),
        kl=float(divergence.mean()) if count else 0.0,
        accuracy=accuracy(quantized, labels),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a repair did to the tests.

    ``fixed`` failed before and pass after, ``regressed`` passed before and fail after.
    ``mcnemar_p`` is the exact two-sided p-value of McNemar's test on right and wrong answers
    of the repaired and the float model (None without labels): a small value says that the
    repaired model's accuracy differs from the float model's.
    """

    fixed: int
    regressed: int
    mcnemar_p: float | None


def change(
    reference: Outcome, before: Outcome, after: Outcome, labels: NDArray[np.int64] | None
) -> Change:
    """Compare the tests before and after a repair."""
    failed, fails = failing(reference, before), failing(reference, after)
    p_value = None
    if labels is not None and labels.size:
        right, was_right = after.predicted == labels, reference.predicted == labels
        p_value = mcnemar_p(
            int(np.count_nonzero(right & ~was_right)), int(np.count_nonzero(~right & was_right))
        )
    return Change(
        fixed=int(np.count_nonzero(failed & ~fails)),
        regressed=int(np.count_nonzero(~failed & fails)),
        mcnemar_p=p_value,
    )
