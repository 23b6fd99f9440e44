"""Slopes of a task's loss by the evaluated values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.elementary import exp, logistic
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import OF_CLASSES

Floats = NDArray[np.float64]

KINDS = ("classification", "next-token", "multi-label", "regression", "autoencoder", "detection")


def softmax(logits: Floats) -> Floats:
    """Probabilities f64[n, C] of logits."""
    powers = exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = powers / ordered_sum(powers, -1)[..., None]
    return result


def loss_slopes(kind: str, teacher: Outputs, outputs: Outputs) -> Floats:
    """Slopes f64[n, M] of each sample's loss by the values of ``outputs``.

    Of the KL divergence for classes and labels, else of the mean squared difference.
    """
    if kind in OF_CLASSES:
        return softmax(outputs.values) - softmax(teacher.values)
    if kind == "multi-label":
        return logistic(outputs.values) - logistic(teacher.values)
    if kind == "detection" and teacher.shapes:
        return _by_head(teacher, outputs)
    return 2.0 * (outputs.values - teacher.values) / max(outputs.values.shape[1], 1)


def head_unit(values: Floats) -> float:
    """The mean square of a head's values, in whose units heads count alike; 1 where all are 0."""
    return float(ordered_sum(np.square(values).reshape(-1))) / max(values.size, 1) or 1.0


def _by_head(teacher: Outputs, outputs: Outputs) -> Floats:
    """Each head's share of the loss counts alike, whatever its unit and size."""
    parts = []
    for index in range(len(teacher.shapes)):
        wanted, here = (o.head(index).reshape(o.count, -1) for o in (teacher, outputs))
        unit = head_unit(wanted)
        parts.append(2.0 * (here - wanted) / (unit * wanted.shape[1] * len(teacher.shapes)))
    return np.concatenate(parts, axis=1)
