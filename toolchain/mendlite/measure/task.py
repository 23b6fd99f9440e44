"""What a model is for: when a test fails, how far two models are apart, how good one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mendlite.measure.outputs import Outputs
from mendlite.model.sample_rows import MOST_VALUES, Result

Labels = NDArray[Any]

OF_CLASSES = ("classification", "next-token")
"""Kinds of tasks whose test is the largest of a row of logits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good outputs are by themselves; None where the task or the labels have no such figure.

    ``accuracy`` is the share of right outputs, ``auc`` the area under the ROC curve of the
    anomaly score, ``error`` the RMS distance from the labels (regression) or the mean squared
    reconstruction error (autoencoder), ``perplexity`` the exponential of the mean negative
    log-likelihood of the next tokens.
    """

    accuracy: float | None = None
    auc: float | None = None
    error: float | None = None
    perplexity: float | None = None


class Task(Protocol):
    """One kind of task. ``loss_name`` names what ``loss`` measures.

    ``head`` selects the values that are evaluated: "softmax" and "logistic" look behind a last
    operator of that name, "output" takes the first output as it is, "outputs" all of them.
    """

    @property
    def kind(self) -> str:
        """The kind's name in a target.toml."""

    @property
    def head(self) -> str:
        """Which values are evaluated."""

    @property
    def loss_name(self) -> str:
        """A short name of the loss: "KL" or "MSE"."""

    @property
    def with_inputs(self) -> bool:
        """Whether outputs keep the inputs."""

    def failing(self, reference: Outputs, other: Outputs) -> NDArray[np.bool_]:
        """The tests in which ``other`` behaves otherwise than the reference, bool[n]."""

    def loss(self, reference: Outputs, other: Outputs) -> NDArray[np.float64]:
        """Distance of ``other`` from the reference, f64[n], 0 where they are equal."""

    def quality(self, outputs: Outputs, labels: Labels | None) -> Quality:
        """How good the outputs are."""

    def right(self, outputs: Outputs, labels: Labels) -> NDArray[np.bool_] | None:
        """Which outputs are right, bool[n]; None where the task has no right and wrong."""

    def results(self, outputs: Outputs) -> list[Result]:
        """What the outputs say of each sample, n of them, as a report lists it."""

    def margins(self, outputs: Outputs) -> NDArray[np.float64] | None:
        """How far each sample's values are from another decision, f64[n]; None without one."""


def rounded(value: Any) -> float:
    """A figure for a reader: six significant digits."""
    return float(f"{float(value):.6g}")


def first_values(values: NDArray[np.float64]) -> list[Result]:
    """The first values [n, M] of each sample, at most MOST_VALUES."""
    return [tuple(rounded(value) for value in row) for row in values[:, :MOST_VALUES]]
