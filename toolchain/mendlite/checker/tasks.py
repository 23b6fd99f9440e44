"""When a test fails (docs/SPEC.md, "Tasks"), of compared values f64 per head (n, ...).

The outputs of classifiers and taggers are discrete and listed in the certificate. A float model is
summed in another order here than in the repair, so that a teacher's class may differ where
it lies within ``near`` of a tie; integers have no such room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.graph import Graph
from mendlite.checker.step import Array
from mendlite.checker.tensor import TensorView
from mendlite.checker.text import shown
from mendlite.errors import ClaimError

Heads = Sequence[NDArray[np.float64]]
Bools = NDArray[np.bool_]

LANGUAGE = "next-token"

OF_CLASSES = ("classification", LANGUAGE)
"""Tasks with one class a test: the likeliest of some, or of all tokens."""

BEHIND = {
    **dict.fromkeys(OF_CLASSES, frozenset({"SOFTMAX", "LOG_SOFTMAX"})),
    "multi-label": frozenset({"LOGISTIC"}),
}
"""Operators whose input is compared."""

SEEN_THROUGH = frozenset({"QUANTIZE", "DEQUANTIZE", "RESHAPE", "SQUEEZE"})

DISCRETE = tuple(BEHIND)
"""Tasks whose classes the certificate lists."""

KINDS = (*DISCRETE, "regression", "autoencoder", "detection")

ONE_STEP = 1 + 1e-6
"""A float32 scale times an integer is not exact: a difference of one step must pass."""


def judged_tensors(graph: Graph, kind: str) -> tuple[int, ...]:
    """The tensors whose values are compared, in order."""
    if kind == "detection":
        return graph.outputs
    tensor = graph.outputs[0]
    while kind in BEHIND and (op := graph.producer(tensor)) is not None:
        if op.name in BEHIND[kind]:
            return (op.inputs[0],)
        if op.name not in SEEN_THROUGH:
            break
        tensor = op.inputs[0]
    return (graph.outputs[0],)


def own_rows(graph: Graph, tensor: int) -> int:
    """Rows of a sample's output that are a test each: where an input has as many rows."""
    shape = graph.tensors[tensor].shape
    rows = shape[0] if len(shape) > 1 else 1
    return rows if any(graph.tensors[t].shape[:1] == (rows,) for t in graph.inputs) else 1


def shape_of_test(view: TensorView, rows: int) -> tuple[int, ...]:
    """The shape of what is compared in one test, of ``rows`` tests a sample."""
    if rows > 1:
        return (prod(view.shape) // rows,)
    return view.sample_shape


def real_heads(
    graph: Graph, tensors: Sequence[int], values: Mapping[int, Array]
) -> list[NDArray[np.float64]]:
    """The real values of the tensors' stored ones."""
    heads = []
    for tensor in tensors:
        view, stored = graph.tensors[tensor], values[tensor].astype(np.float64)
        exact = view.quant is None or str(view.dtype) == "float32"
        heads.append(stored if exact else (stored - view.zero) * view.scale)
    return heads


def _tests_of_output(table: Mapping[str, Any], base: Graph) -> dict[str, Any]:
    """``rows``, ``positions`` and ``last`` of a task of classes."""
    if table["kind"] not in OF_CLASSES:
        return {}
    (tensor,) = judged_tensors(base, table["kind"])
    if table["kind"] != LANGUAGE:
        return {"rows": own_rows(base, tensor)}
    shape, positions = base.tensors[tensor].shape, table.get("positions", "all")
    if positions not in {"all", "last"} or len(shape) < 2:
        raise ClaimError(f"positions {shown(positions)} of an output {list(shape)} are no tests")
    return {"rows": shape[0], "positions": prod(shape[1:-1]), "last": positions == "last"}


ROUNDED = 1e-9
"""By how much sums of probabilities in another order may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTask:
    """A task with its settings; ``tolerance`` is None where the kind has none.

    ``recordings``: a test is a recording of ``frames`` frames, in which an output is detected
    where its mean probability over ``window`` of them reaches the threshold; else a frame.
    ``rows`` of a sample's classes are a test each, or of a language model the ``positions`` of each
    row, with ``last`` the last one alone.
    """

    kind: str
    tolerance: float | None
    threshold: float
    boxes: int
    scores: int
    recordings: bool = False
    window: int = 1
    frames: int = 1
    rows: int = 1
    positions: int = 1
    last: bool = False

    @staticmethod
    def of(table: Mapping[str, Any], base: Graph) -> CheckedTask:
        """The task of a recipe; a tolerance that is left out is one step of the int8 output."""
        kind = table["kind"]
        if kind not in KINDS:
            raise ClaimError(f"the certificate's task {shown(kind)} is unknown")
        tolerance = table["tolerance"]
        if tolerance is None and kind == "autoencoder":
            tolerance = 0.05
        if tolerance is None and kind in {"regression", "detection"}:
            head = table["boxes"] if kind == "detection" else 0
            tolerance = base.tensors[base.outputs[head]].scale * ONE_STEP
        threshold = 0.5 if table["threshold"] is None else table["threshold"]
        return CheckedTask(
            kind=kind, tolerance=tolerance, threshold=threshold, boxes=table["boxes"],
            scores=table["scores"], recordings=table.get("verdict", "frame") == "recording",
            window=table.get("window", 1),
            **_tests_of_output(table, base),
        )  # fmt: skip

    @property
    def discrete(self) -> bool:
        """Whether classes are listed."""
        return self.kind in DISCRETE and not self.recordings

    @property
    def of_classes(self) -> bool:
        """Whether a test has one class."""
        return self.kind in OF_CLASSES

    @property
    def tests_of_sample(self) -> int:
        """Tests that a sample makes: its frames, its rows, or it is one itself."""
        return 1 if self.recordings else self.digests_of_sample

    @property
    def digests_of_sample(self) -> int:
        """Digests of a sample's outputs: one a frame, a row, or a compared position."""
        return self.frames * self.rows * (1 if self.last else self.positions)

    def by_test(self, view: TensorView, values: Array) -> Array:
        """A tensor's values of many samples with a row for each test, or for each frame of one."""
        if self.kind != LANGUAGE:
            return values.reshape(-1, *shape_of_test(view, self.rows))
        tokens = prod(view.shape) // (self.rows * self.positions)
        whole = values.reshape(-1, self.positions, tokens)
        return (whole[:, -1:] if self.last else whole).reshape(-1, tokens)

    def labels_by_test(self, labels: Array | None) -> Array | None:
        """The labels of the tests: those of a recording or a sample say nothing of its parts."""
        if labels is None or (self.kind != LANGUAGE and self.tests_of_sample == 1):
            return labels
        if self.kind == LANGUAGE:
            whole = labels.reshape(len(labels), self.rows, -1)
            chosen: Array = (whole[:, :, -1:] if self.last else whole).reshape(-1)
            return chosen if len(chosen) == len(labels) * self.tests_of_sample else None
        if labels.shape[1:2] != (self.digests_of_sample,):
            return None
        return labels.reshape(-1, *labels.shape[2:])

    @property
    def level(self) -> float:
        """The logit from which a label is given."""
        return float(np.log(self.threshold / (1 - self.threshold)))

    def answers(self, heads: Heads) -> list[Any]:
        """A class index a sample (ties to the lower), or a text of 0 and 1, one a label."""
        values = _flat(heads)
        if self.of_classes:
            return [int(c) for c in values.argmax(axis=1)]
        return ["".join("01"[int(on)] for on in row) for row in values >= self.level]

    def accepted(self, heads: Heads, stored: Sequence[Any], near: float) -> Bools:
        """Whether each stored class is that of the values, to within ``near`` of a tie."""
        values = _flat(heads)
        same = np.array([a == b for a, b in zip(self.answers(heads), stored, strict=True)], bool)
        if near == 0:
            return same
        if self.of_classes:
            chosen = np.asarray(stored, np.int64)
            if chosen.min(initial=0) < 0 or chosen.max(initial=0) >= values.shape[1]:
                return same
            gap = values.max(axis=1) - values[np.arange(len(values)), chosen]
            close: Bools = same | (gap <= near)
            return close
        near_labels = [
            self._allowed(row, text, near) for row, text in zip(values, stored, strict=True)
        ]
        allowed: Bools = np.array(near_labels, bool)
        return same | allowed

    def _allowed(self, values: NDArray[np.float64], text: str, near: float) -> bool:
        """Whether the labels of one sample are right where no tie is near."""
        if len(text) != values.size or not set(text) <= {"0", "1"}:
            return False
        given = np.array([c == "1" for c in text])
        clear = np.abs(values - self.level) > near
        return not np.any((given != (values >= self.level)) & clear)

    def near_classes(self, heads: Heads, near: float) -> Bools:
        """Which classes a classifier may have predicted, bool[n, classes]."""
        values = _flat(heads)
        classes: Bools = np.zeros(values.shape, bool)
        classes[np.arange(len(values)), values.argmax(axis=1)] = True
        if near > 0:
            classes |= values >= values.max(axis=1, keepdims=True) - near
        return classes

    def near_labels(self, heads: Heads, near: float) -> tuple[Bools, Bools]:
        """Which labels may have been given and which left out, bool[n, labels] each."""
        values = _flat(heads)
        given = values >= self.level
        close = (np.abs(values - self.level) <= near) & (near > 0)
        return given | close, ~given | close

    def right(self, answers: Sequence[Any], labels: Array) -> float:
        """Accuracy: the share of right classes, or of right decisions about labels."""
        if self.of_classes:
            return int(np.count_nonzero(np.asarray(answers, np.int64) == labels)) / len(labels)
        decided = np.array([[c == "1" for c in text] for text in answers], bool)
        wrong = decided != (labels.reshape(decided.shape) > 0)
        return int(np.count_nonzero(~wrong)) / decided.size

    def verdicts(
        self, teacher: Heads, other: Heads, inputs: Heads, near: float
    ) -> tuple[Bools, Bools]:
        """(failing, doubtful) bool[n] of a task without listed classes.

        Doubtful are the tests that ``near`` could decide otherwise.
        """
        limit = float(self.tolerance or 0.0)
        if self.recordings:
            return self._reported(teacher, other, near)
        if self.kind == "detection":
            return self._detected(teacher, other, limit, near)
        if self.kind == "autoencoder":
            teacher_error, error = (np.square(_flat(inputs) - _flat(h)).mean(axis=1)
                             for h in (teacher, other))  # fmt: skip
            over = np.abs(error - teacher_error) - limit * teacher_error
            # d(error) = 2 * rms * near, for both models' errors.
            slack = 4 * near * np.sqrt(teacher_error)
            return over > 0, np.abs(over) <= slack
        far = np.abs(_flat(teacher) - _flat(other)).max(axis=1, initial=0.0)
        return far > limit, np.abs(far - limit) <= near

    def _reported(self, teacher: Heads, other: Heads, near: float) -> tuple[Bools, Bools]:
        """Of recordings; a probability changes by no more than its logit."""
        scores = [self._means(_flat(heads)) for heads in (teacher, other)]
        first, second = (s >= self.threshold for s in scores)
        edge = np.any([np.abs(s - self.threshold) <= near + ROUNDED for s in scores], axis=0)
        return np.any(first != second, axis=1), np.any(edge, axis=1)

    def _means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The largest mean of each output's probability over a window, f64[n, M]."""
        if self.of_classes:
            exps = np.exp(values - values.max(axis=1, keepdims=True))
            shares = exps / exps.sum(axis=1, keepdims=True)
        else:
            shares = 1.0 / (1.0 + np.exp(-values))
        by_frame = shares.reshape(-1, self.frames, values.shape[1])
        windows = np.lib.stride_tricks.sliding_window_view(by_frame, self.window, axis=1)
        means: NDArray[np.float64] = windows.mean(axis=3).max(axis=1)
        return means

    def _detected(
        self, teacher: Heads, other: Heads, limit: float, near: float
    ) -> tuple[Bools, Bools]:
        scores = [h[self.scores].reshape(len(h[0]), -1, h[self.scores].shape[-1])
                  for h in (teacher, other)]  # fmt: skip
        anchors = scores[0].shape[:2]
        boxes = [h[self.boxes].reshape(*anchors, -1) for h in (teacher, other)]
        expected, detected = (s >= self.threshold for s in scores)
        far = np.abs(boxes[0] - boxes[1]).max(axis=2)
        there = expected.any(axis=2)
        moved = np.any((far > limit) & there, axis=1)
        edge = np.any(np.abs(scores[0] - self.threshold) <= near, axis=(1, 2))
        edge |= np.any((np.abs(far - limit) <= near) & there, axis=1)
        return np.any(expected != detected, axis=(1, 2)) | moved, edge


def _flat(heads: Heads) -> NDArray[np.float64]:
    return np.concatenate([h.reshape(len(h), -1) for h in heads], axis=1)
