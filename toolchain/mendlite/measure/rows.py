"""What each sample is to the models: the rows of a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.measure.outputs import Outputs
from mendlite.measure.task import Task, rounded
from mendlite.model.sample_rows import (
    MOST_ROWS,
    MOST_VALUES,
    Outcome,
    Result,
    RowsLeftOut,
    SampleRow,
    SampleRows,
)
from mendlite.model.samples import Samples

OUTCOMES = {
    (False, False): Outcome.PASSING,
    (True, True): Outcome.FAILING,
    (True, False): Outcome.FIXED,
    (False, True): Outcome.REGRESSED,
}
"""By whether the test failed before and fails after."""


def sample_rows(
    task: Task, samples: Samples, teacher: Outputs, before: Outputs, after: Outputs | None
) -> SampleRows:
    """The rows of n samples: all of them, or the first MOST_ROWS on which any model fails.

    ``after`` is None where there is no repaired file: a test that fails is FAILING then.
    """
    versions = [before] if after is None else [before, after]
    failing = [task.failing(teacher, outputs) for outputs in versions]
    losses = [task.loss(teacher, outputs) for outputs in versions]
    concerned = np.logical_or.reduce(failing)
    listed = _listed(concerned)
    chosen = np.flatnonzero(listed)
    columns = _Columns(
        results=[task.results(outputs.take(chosen)) for outputs in (teacher, *versions)],
        margins=task.margins(teacher.take(chosen)),
        failing=[each[chosen] for each in failing],
        losses=[each[chosen] for each in losses],
    )
    taken = samples.take(chosen)
    return SampleRows(
        rows=tuple(_row(taken, columns, place) for place in range(taken.count)),
        left_out=RowsLeftOut(
            passing=int(np.count_nonzero(~listed & ~concerned)),
            failing=int(np.count_nonzero(~listed & concerned)),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """What the rows show: lists of n values, of the teacher first where it has one."""

    results: list[list[Result]]
    margins: NDArray[np.float64] | None
    failing: list[NDArray[np.bool_]]
    losses: list[NDArray[np.float64]]


def _listed(concerned: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which samples are listed: all, or the first of those on which a model fails."""
    if concerned.size <= MOST_ROWS:
        return np.ones(concerned.size, bool)
    result: NDArray[np.bool_] = concerned & (np.cumsum(concerned) <= MOST_ROWS)
    return result


def _row(samples: Samples, columns: _Columns, place: int) -> SampleRow:
    results = [column[place] for column in columns.results]
    failing = [bool(column[place]) for column in columns.failing]
    losses = [rounded(column[place]) for column in columns.losses]
    repaired = len(losses) > 1
    labels = samples.labels
    return SampleRow(
        source=samples.source,
        row=int(samples.rows[place]),
        label=None if labels is None or not labels.size else _label(labels[place]),
        outcome=OUTCOMES[failing[0], failing[-1]],
        float=results[0],
        int8=results[1],
        repaired=results[2] if repaired else None,
        margin=None if columns.margins is None else rounded(columns.margins[place]),
        int8_loss=losses[0],
        repaired_loss=losses[1] if repaired else None,
    )


def _label(label: Any) -> Result:
    """One sample's label as a number, or the first ones of its numbers."""
    values = np.asarray(label).reshape(-1)[:MOST_VALUES]
    numbers = [rounded(v) if np.issubdtype(values.dtype, np.floating) else int(v) for v in values]
    return numbers[0] if np.ndim(label) == 0 else tuple(numbers)
