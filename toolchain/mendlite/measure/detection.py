"""Raw heads of a detector: boxes and class scores of anchors, before any suppression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import mean_of, ordered_mean
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Labels, Quality
from mendlite.model.sample_rows import MOST_VALUES, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Heads ``boxes`` [..., 4 values] and ``scores`` [..., classes] of as many anchors.

    A test fails where other (anchor, class) pairs reach ``threshold`` (in the unit of the score
    head), or where the box of an anchor that does has a value more than ``tolerance`` away.
    The loss is the mean over the heads of the squared difference, each as a share of the float
    head's mean square.
    """

    boxes: int = 0
    scores: int = 1
    threshold: float = 0.5
    tolerance: float = 0.05
    kind: str = "detection"
    head: str = "outputs"
    loss_name: str = "MSE"
    with_inputs: bool = False

    def _detected(self, outputs: Outputs) -> NDArray[np.bool_]:
        scores = outputs.head(self.scores)
        return scores.reshape(outputs.count, -1, scores.shape[-1]) >= self.threshold

    def failing(self, reference: Outputs, other: Outputs) -> NDArray[np.bool_]:
        """Whether a detection differs, or the box of one moved too far, bool[n]."""
        expected, detected = self._detected(reference), self._detected(other)
        boxes = [o.head(self.boxes).reshape(*detected.shape[:2], -1) for o in (reference, other)]
        far = np.abs(boxes[0] - boxes[1]).max(axis=2) > self.tolerance
        moved = np.any(far & expected.any(axis=2), axis=1)
        result: NDArray[np.bool_] = np.any(expected != detected, axis=(1, 2)) | moved
        return result

    def loss(self, reference: Outputs, other: Outputs) -> NDArray[np.float64]:
        """Mean over the heads of the relative squared difference, f64[n]."""
        total = np.zeros(reference.count)
        for index in range(len(reference.shapes)):
            expected, actual = (o.head(index).reshape(o.count, -1) for o in (reference, other))
            unit = mean_of(np.square(expected)) or 1.0
            total += ordered_mean(np.square(expected - actual), 1) / unit
        return total / max(len(reference.shapes), 1)

    def quality(self, _outputs: Outputs, _labels: Labels | None) -> Quality:
        """Raw heads have no figure of their own."""
        return Quality()

    def right(self, _outputs: Outputs, _labels: Labels) -> None:
        """Nothing is right or wrong."""
        return

    def results(self, outputs: Outputs) -> list[Result]:
        """The classes of what is detected, in the order of the anchors, of many the first ones."""
        classes_by_sample = [np.nonzero(sample)[1] for sample in self._detected(outputs)]
        return [tuple(map(int, classes[:MOST_VALUES])) for classes in classes_by_sample]

    def margins(self, outputs: Outputs) -> NDArray[np.float64]:
        """The least distance of a score from the threshold, f64[n]."""
        scores = outputs.head(self.scores).reshape(outputs.count, -1)
        result: NDArray[np.float64] = np.abs(scores - self.threshold).min(axis=1)
        return result
