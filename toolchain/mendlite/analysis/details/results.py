"""What a model gives for each sample, in words, and the values behind it, by task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.elementary import exp
from mendlite.case.case import Case
from mendlite.measure.autoencoder import Autoencoder
from mendlite.measure.classification import log_softmax, predictions
from mendlite.measure.detection import Detection
from mendlite.measure.multi_label import MultiLabel
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import OF_CLASSES, Task

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Of n samples: the result in words, and the values [n, M] of the outputs ``names``.

    ``shares``: the values are probabilities.
    """

    words: Callable[[int], str]
    values: Real
    names: tuple[str, ...]
    shares: bool = False


def results(case: Case, outputs: Outputs) -> Results:
    """What a model gives, from its outputs."""
    task: Task = case.task
    if task.kind in OF_CLASSES:
        return _classes(case, outputs)
    if isinstance(task, MultiLabel):
        return _labels(case, task, outputs)
    if isinstance(task, Autoencoder):
        scores = task.score(outputs)
        return Results(
            words=lambda n: f"{scores[n]:.4g}", values=scores[:, None], names=("anomaly score",)
        )
    if isinstance(task, Detection):
        return _detections(task, outputs)
    return Results(
        words=lambda n: _listed(outputs.values[n]),
        values=outputs.values,
        names=_names(case.class_names, outputs.values.shape[1], "output"),
    )


def _classes(case: Case, outputs: Outputs) -> Results:
    classes = predictions(outputs.values)
    names = _names(case.class_names, outputs.values.shape[1], "class")
    return Results(
        words=lambda n: names[classes[n]],
        values=exp(log_softmax(outputs.values)),
        names=names,
        shares=True,
    )


def _labels(case: Case, task: MultiLabel, outputs: Outputs) -> Results:
    decided = task.decisions(outputs)
    names = _names(case.class_names, outputs.values.shape[1], "label")

    def words(sample: int) -> str:
        given = [names[c] for c in np.flatnonzero(decided[sample])]
        if len(names) == 1:
            return "yes" if given else "no"
        return ", ".join(given[:8]) + (" …" if len(given) > 8 else "") if given else "none"

    values = 1 / (1 + exp(-outputs.values))
    return Results(words=words, values=values, names=names, shares=True)


def _detections(task: Detection, outputs: Outputs) -> Results:
    scores = outputs.head(task.scores)
    flat = scores.reshape(outputs.count, -1)
    counts = np.count_nonzero(flat >= task.threshold, axis=1)
    names = tuple(f"score {index}" for index in range(flat.shape[1]))
    return Results(words=lambda n: f"{counts[n]} found", values=flat, names=names)


def _names(names: Sequence[str], count: int, what: str) -> tuple[str, ...]:
    """A name for each of ``count`` values; its number where it has none."""
    if not names and count == 1:
        return (what,)
    return tuple(names[i] if i < len(names) else f"{what} {i}" for i in range(count))


def _listed(values: Real) -> str:
    shown = ", ".join(f"{value:.4g}" for value in values[:4])
    return shown + (", …" if values.size > 4 else "")
