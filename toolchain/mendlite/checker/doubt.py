"""Test results that depend on a class too near a tie, and the intervals of the figures.

A float model is summed in another order here than in the repair, and a layer that rounds its
activations at run time may round one of them to the other side. Where a class lies so near a tie
that this could turn it, the test may fail or pass: figures are intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.tasks import Bools, CheckedTask, Heads

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """Of n tests, [n, 2] for base and patched, what each result is and may be.

    ``claimed`` and ``computed`` say which fail by the certificate and by the checker, ``low`` and
    ``high`` (0 or 1) what is possible; ``gain`` [n] is the least possible gain of a test: base's
    result less patched's.
    """

    claimed: Bools
    computed: Bools
    low: Counts
    high: Counts
    gain: Counts

    @staticmethod
    def joined(pieces: Sequence[Possible]) -> Possible:
        """The results of all tests, of parts of the samples in their order."""
        columns = {
            field.name: np.concatenate([getattr(piece, field.name) for piece in pieces])
            for field in fields(Possible)
        }
        return Possible(**columns)

    @property
    def contradicted(self) -> int:
        """Tests of which the certificate counts what the checker finds otherwise."""
        return int(np.count_nonzero((self.claimed != self.computed).any(axis=1)))

    @property
    def unsure(self) -> int:
        """Tests that may end either way."""
        return int(np.count_nonzero((self.low != self.high).any(axis=1)))

    def interval(self, model: int, listed: int) -> tuple[int, int]:
        """The least and most failing tests where the certificate lists ``listed``."""
        claimed = self.claimed[:, model].astype(np.int64)
        return (
            listed - int((claimed - self.low[:, model]).sum()),
            listed + int((self.high[:, model] - claimed).sum()),
        )

    def least_gain(self, listed: int) -> int:
        """The least gain of all tests where the certificate lists ``listed``."""
        claimed = self.claimed[:, 0].astype(np.int64) - self.claimed[:, 1]
        return listed - int((claimed - self.gain).sum())


Answered = tuple[Heads, float]
"""Compared values and the distance from a tie within which the class may differ."""


def possible_classes(
    task: CheckedTask, teacher: Answered, base: Answered, patched: Answered, claimed: Bools
) -> Possible:
    """What is possible of a classification: every class near the largest value."""
    of_teacher, first, second = (task.near_classes(*a) for a in (teacher, base, patched))
    low = np.stack([~first, ~second], axis=1).astype(np.int64)
    many = [a.sum(axis=1, keepdims=True) - a > 0 for a in (first, second)]
    high = np.stack(many, axis=1).astype(np.int64)
    # [n, 2, classes]: only classes that the teacher may have given count.
    asked = of_teacher[:, None, :]
    gain = np.where(of_teacher, low[:, 0] - high[:, 1], 2).min(axis=1)
    return Possible(
        claimed=claimed,
        computed=_differ(task, teacher, base, patched),
        low=np.where(asked, low, 2).min(axis=2),
        high=np.where(asked, high, -1).max(axis=2),
        gain=gain,
    )


def possible_labels(
    task: CheckedTask, teacher: Answered, base: Answered, patched: Answered, claimed: Bools
) -> Possible:
    """What is possible of a multi-label task: every label within its room of the threshold."""
    on, off = task.near_labels(*teacher)
    low, high = [], []
    for model in (base, patched):
        mine, not_mine = task.near_labels(*model)
        low.append(~((on & mine) | (off & not_mine)).all(axis=1))
        high.append(((on & not_mine) | (off & mine)).any(axis=1))
    return Possible(
        claimed=claimed,
        computed=_differ(task, teacher, base, patched),
        **_bounds(np.stack(low, axis=1), np.stack(high, axis=1)),
    )


def possible_verdicts(claimed: Bools, computed: Bools, unsure: Bools) -> Possible:
    """What is possible of a task without listed classes, bool[n, 2] each."""
    return Possible(
        claimed=claimed, computed=computed, **_bounds(computed & ~unsure, computed | unsure)
    )


def _bounds(low: Bools, high: Bools) -> dict[str, Counts]:
    least, most = low.astype(np.int64), high.astype(np.int64)
    return {"low": least, "high": most, "gain": least[:, 0] - most[:, 1]}


def _differ(task: CheckedTask, teacher: Answered, *models: Answered) -> Bools:
    """Where the models' classes differ from the teacher's, bool[n, 2]."""
    expected = task.answers(teacher[0])
    differ: Bools = np.array([_unequal(expected, task.answers(m[0])) for m in models], bool).T
    return differ


def _unequal(a: Sequence[Any], b: Sequence[Any]) -> list[bool]:
    return [x != y for x, y in zip(a, b, strict=True)]
