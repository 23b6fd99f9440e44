"""Tests that are whole recordings: what a detector reports of each, by a mean over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.elementary import exp, logistic
from mendlite.arith.ordered_sums import ordered_mean
from mendlite.measure.classification import log_softmax
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Labels, Quality, Task
from mendlite.model.sample_rows import Result


def _in_rows(outputs: Outputs, rows: int) -> Outputs:
    """The same values in so many rows."""
    return Outputs(
        values=outputs.values.reshape(rows, -1),
        shapes=outputs.shapes,
        inputs=None if outputs.inputs is None else outputs.inputs.reshape(rows, -1),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingTask:
    """A test is a recording of ``frames`` frames; ``frame`` is the task of each frame.

    An output is detected in a recording where the mean of its probability over ``window``
    neighbouring frames reaches ``threshold``: the rule of wake words. A test fails where the
    detected outputs differ; its loss is the mean over its frames. Outputs have a row a recording,
    its frames' values side by side.
    """

    frame: Task
    frames: int
    window: int
    threshold: float
    kind: str = "recording"

    @property
    def head(self) -> str:
        """That of a frame."""
        return self.frame.head

    @property
    def loss_name(self) -> str:
        """That of a frame."""
        return self.frame.loss_name

    @property
    def with_inputs(self) -> bool:
        """As of a frame."""
        return self.frame.with_inputs

    def recordings(self, outputs: Outputs) -> Outputs:
        """Outputs with a row a frame, as outputs with a row a recording."""
        return _in_rows(outputs, len(outputs.values) // self.frames)

    def of_frames(self, outputs: Outputs) -> Outputs:
        """The inverse of ``recordings``."""
        return _in_rows(outputs, len(outputs.values) * self.frames)

    def scores(self, outputs: Outputs) -> NDArray[np.float64]:
        """The largest mean over a window of each output's probability, f64[n, M]."""
        values = self.of_frames(outputs).values
        softmax = self.frame.kind == "classification"
        probabilities = exp(log_softmax(values)) if softmax else logistic(values)
        by_frame = probabilities.reshape(len(outputs.values), self.frames, -1)
        windows = np.lib.stride_tricks.sliding_window_view(by_frame, self.window, axis=1)
        largest: NDArray[np.float64] = ordered_mean(windows, 3).max(axis=1)
        return largest

    def decisions(self, outputs: Outputs) -> NDArray[np.bool_]:
        """Which outputs are detected, bool[n, M]."""
        result: NDArray[np.bool_] = self.scores(outputs) >= self.threshold
        return result

    def failing(self, reference: Outputs, other: Outputs) -> NDArray[np.bool_]:
        """Whether any output is detected by one of both alone, bool[n]."""
        result: NDArray[np.bool_] = np.any(
            self.decisions(reference) != self.decisions(other), axis=1
        )
        return result

    def loss(self, reference: Outputs, other: Outputs) -> NDArray[np.float64]:
        """The mean over the frames, f64[n]."""
        losses = self.frame.loss(self.of_frames(reference), self.of_frames(other))
        result: NDArray[np.float64] = ordered_mean(losses.reshape(-1, self.frames), 1)
        return result

    def quality(self, outputs: Outputs, labels: Labels | None) -> Quality:
        """Accuracy: the share of right recordings."""
        if labels is None or labels.size == 0:
            return Quality()
        return Quality(accuracy=float(np.mean(self.right(outputs, labels))))

    def right(self, outputs: Outputs, labels: Labels) -> NDArray[np.bool_]:
        """Whether just what the labels name is detected; a class: whether that one is."""
        detected = self.decisions(outputs)
        if self.frame.kind == "classification":
            found: NDArray[np.bool_] = detected[np.arange(len(labels)), labels]
            return found
        result: NDArray[np.bool_] = np.all(detected == (labels.reshape(detected.shape) > 0), axis=1)
        return result

    def results(self, outputs: Outputs) -> list[Result]:
        """The outputs that are detected, by their places."""
        return [tuple(map(int, np.flatnonzero(row))) for row in self.decisions(outputs)]

    def margins(self, outputs: Outputs) -> NDArray[np.float64]:
        """The least distance of an output's largest mean from the threshold, f64[n]."""
        result: NDArray[np.float64] = np.abs(self.scores(outputs) - self.threshold).min(axis=1)
        return result
