"""How well outputs fit the labels, or show that the model was fed something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.elementary import softplus
from mendlite.errors import NotSureError
from mendlite.measure.classification import log_softmax, predictions
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import OF_CLASSES, Labels, Task
from mendlite.understanding.chance import is_chance

FACTORS = tuple(float(f) for f in np.geomspace(1e-3, 10, 41))
"""Inverse temperatures that are tried."""

ALIKE = 0.995
"""Share of the samples with one class from which a classifier's outputs count as constant."""

SATURATED = 40.0
"""Median distance of logits, in nats, at which a trained model was fed values far too large."""

STRAINED = 1.0
"""Nats of likelihood that a model loses by being too sure; trained ones lose a few tenths."""

RELATED = 3.3
"""Standard errors of a correlation beyond chance."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goodness:
    """What outputs show.

    ``losses`` f64[n] are distances from the labels (negative log-likelihoods; squared errors as
    a share of the variance), None where nothing is known to compare with. ``chance``: no better
    than labels drawn at random; ``inverted``: reliably the opposite. ``constant``: the
    outputs do not depend on the sample. ``saturated``: too sure for a trained model; ``strained``:
    so, or far too sure of what is wrong. ``accuracy``, ``auc`` (of an autoencoder's score) and
    ``sure`` (mean probability of the class) are shares in [0, 1].
    """

    losses: NDArray[np.float64] | None = None
    chance: bool = False
    inverted: bool = False
    constant: bool = False
    saturated: bool = False
    strained: bool = False
    accuracy: float | None = None
    auc: float | None = None
    sure: float | None = None

    @property
    def loss(self) -> float:
        """The mean loss; 0 where there is none."""
        return 0.0 if self.losses is None else float(self.losses.mean())


def goodness(task: Task, outputs: Outputs, labels: Labels | None) -> Goodness:
    """What the outputs of a reference model show."""
    values = outputs.values
    if task.kind in OF_CLASSES:
        return _of_classes(task, outputs, labels)
    if task.kind == "multi-label":
        return _of_marks(task, outputs, labels)
    if task.kind == "autoencoder" and outputs.inputs is not None:
        auc = task.quality(outputs, labels).auc
        return replace(_of_reconstruction(values, outputs.inputs), auc=auc)
    if task.kind == "regression" and labels is not None:
        return _of_values(values, _as_outputs(labels, values).astype(np.float64))
    return Goodness(constant=_still(values))


def _as_outputs(labels: Labels, values: NDArray[np.float64]) -> Labels:
    """The labels in the form of the outputs; raises NotSureError where they are not as many."""
    if labels.size != values.size:
        raise NotSureError(
            f"the labels are {labels.size // len(values)} values a test and the outputs "
            f"{values.shape[1]}: check the `labels` or the `task`"
        )
    return labels.reshape(values.shape)


def _still(values: NDArray[np.float64]) -> bool:
    """Whether values [n, M] are equal for all samples."""
    spread, size = np.ptp(values, axis=0), np.abs(values).max(initial=0.0)
    return bool(spread.max(initial=0.0) <= 1e-6 * size)


def _of_classes(task: Task, outputs: Outputs, labels: Labels | None) -> Goodness:
    values = outputs.values
    classes = predictions(values)
    commonest = float(np.bincount(classes).max() / classes.size)
    logs = log_softmax(values)
    ordered = np.sort(values, axis=1)
    shown = Goodness(
        constant=commonest >= ALIKE,
        saturated=float(np.median(ordered[:, -1] - ordered[:, -2])) > SATURATED,
        sure=float(np.exp(logs.max(axis=1)).mean()),
    )
    if labels is None:
        return shown
    losses = _tempered(values, lambda scaled: _unlikely(scaled, labels))
    excess = float(_unlikely(values, labels).mean() - losses.mean())
    return replace(
        shown,
        losses=losses,
        strained=shown.saturated or excess > STRAINED,
        chance=is_chance(classes, labels),
        accuracy=task.quality(outputs, labels).accuracy,
    )


def _tempered(
    values: NDArray[np.float64], losses: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """The losses of logits at the temperature that makes their mean least.

    Without it a network that is fed larger values looks better for being surer of what it gets
    right anyway.
    """
    tried = [losses(values * factor) for factor in FACTORS]
    return min(tried, key=lambda loss: float(loss.mean()))


def _unlikely(values: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Negative log-likelihoods of labels i64[n] by logits [n, classes]."""
    losses: NDArray[np.float64] = -log_softmax(values)[np.arange(len(labels)), labels]
    return losses


def _undecided(values: NDArray[np.float64], marks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Negative log-likelihoods of marks [n, labels] by logits of their shape, summed."""
    losses: NDArray[np.float64] = softplus(np.where(marks, -values, values)).sum(axis=1)
    return losses


def _of_marks(task: Task, outputs: Outputs, labels: Labels | None) -> Goodness:
    values = outputs.values
    shown = Goodness(
        constant=_still(values), saturated=float(np.median(np.abs(values))) > SATURATED
    )
    if labels is None:
        return shown
    marks = _as_outputs(labels, values) > 0
    shares = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
    related = relation(shares, marks.astype(np.float64))
    losses = _tempered(values, lambda scaled: _undecided(scaled, marks))
    excess = float(_undecided(values, marks).mean() - losses.mean()) / values.shape[1]
    return replace(
        shown,
        losses=losses,
        strained=shown.saturated or excess > STRAINED,
        chance=abs(related) < RELATED,
        inverted=related <= -RELATED,
        accuracy=task.quality(outputs, labels).accuracy,
    )


def _of_reconstruction(values: NDArray[np.float64], inputs: NDArray[np.float64]) -> Goodness:
    """Outputs against inputs; a spectrum that all samples share counts as reconstructed, too."""
    variance = float(inputs.var()) * inputs.shape[1] or 1.0
    a, b = (x - x.mean() for x in (values, inputs))
    return Goodness(
        losses=np.square(values - inputs).sum(axis=1) / variance,
        chance=abs(_correlation(a, b)) < RELATED,
        constant=_still(values),
    )


def _of_values(values: NDArray[np.float64], labels: NDArray[np.float64]) -> Goodness:
    variance = float(labels.var(axis=0).sum()) or 1.0
    related = relation(values, labels)
    return Goodness(
        losses=np.square(values - labels).sum(axis=1) / variance,
        chance=abs(related) < RELATED,
        inverted=related <= -RELATED,
        constant=_still(values),
    )


def relation(values: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    """Correlation of two arrays [n, M], each column less its mean, in standard errors.

    The samples count, not their values: neighbouring values of one sample are alike.
    """
    return _correlation(values - values.mean(axis=0), labels - labels.mean(axis=0))


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    size = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return 0.0 if size == 0 else float((a * b).sum() / size * np.sqrt(len(a)))
