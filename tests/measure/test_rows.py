"""The samples one by one: outcome, answer in the task's form, margin; many are cut."""

import numpy as np
import pytest

from mendlite.measure.autoencoder import Autoencoder
from mendlite.measure.classification import Classification
from mendlite.measure.detection import Detection
from mendlite.measure.multi_label import MultiLabel
from mendlite.measure.outputs import Outputs
from mendlite.measure.regression import Regression
from mendlite.measure.rows import sample_rows
from mendlite.model.sample_rows import MOST_ROWS, MOST_VALUES, Outcome
from mendlite.model.samples import Samples


def outputs(rows, **more):
    return Outputs(values=np.array(rows, np.float64), **more)


def samples(count, labels=None):
    return Samples(
        name="validation",
        source="all",
        rows=np.arange(count) * 10,
        raw=(np.zeros((count, 2)),),
        labels=labels,
    )


def test_a_classifier_lists_classes_and_the_margin_of_float():
    teacher = outputs([[3, 0], [3, 1], [0, 2], [0, 1.5]])
    before = outputs([[0, 1], [1, 0], [0, 1], [1, 0]])  # fails 0 and 3
    after = outputs([[1, 0], [0, 1], [0, 1], [1, 0]])  # fails 1 and 3
    found = sample_rows(
        Classification(), samples(4, np.array([0, 1, 1, 1])), teacher, before, after
    )
    rows = found.rows
    assert [row.outcome.value for row in rows] == ["fixed", "regressed", "passing", "failing"]
    assert [(row.source, row.row, row.label) for row in rows] == [
        ("all", 0, 0), ("all", 10, 1), ("all", 20, 1), ("all", 30, 1),
    ]  # fmt: skip
    assert [(row.float, row.int8, row.repaired) for row in rows] == [
        (0, 1, 0), (0, 0, 1), (1, 1, 1), (1, 0, 0),
    ]  # fmt: skip
    assert [row.margin for row in rows] == [3, 2, 2, 1.5]
    losses = Classification().loss(teacher, before)
    assert [row.int8_loss for row in rows] == pytest.approx(losses, rel=1e-5)
    assert (found.left_out.passing, found.left_out.failing) == (0, 0)


def test_without_a_repaired_file_a_test_passes_or_fails():
    teacher, before = outputs([[3, 0], [0, 3]]), outputs([[3, 0], [3, 0]])
    rows = sample_rows(Classification(), samples(2), teacher, before, None).rows
    assert [row.outcome for row in rows] == [Outcome.PASSING, Outcome.FAILING]
    assert [(row.repaired, row.repaired_loss, row.label) for row in rows] == [
        (None, None, None)
    ] * 2


@pytest.mark.parametrize(
    ("task", "teacher", "other", "results", "margin"),
    [
        (MultiLabel(), outputs([[2, -1, 0.5]]), outputs([[-2, -1, 1]]), ((0, 2), (2,)), 0.5),
        (Regression(tolerance=0.1), outputs([[1.5, 2]]), outputs([[1, 2]]), ((1.5, 2), (1, 2)), None),
        (
            Autoencoder(),
            outputs([[1, 1]], inputs=np.zeros((1, 2))),
            outputs([[2, 2]], inputs=np.zeros((1, 2))),
            (1.0, 4.0),
            None,
        ),
        (
            Detection(threshold=0.5),
            outputs([[0] * 8 + [0.9, 0.1, 0.2, 0.7]], shapes=((2, 4), (2, 2))),
            outputs([[0] * 8 + [0.9, 0.1, 0.2, 0.1]], shapes=((2, 4), (2, 2))),
            ((0, 1), (0,)),
            0.2,
        ),
    ],
)  # fmt: skip
def test_every_task_has_results_of_its_own(task, teacher, other, results, margin):
    (row,) = sample_rows(task, samples(1), teacher, other, teacher).rows
    assert row.outcome is Outcome.FIXED
    assert (row.float, row.int8, row.repaired) == (*results, results[0])
    assert row.margin == (None if margin is None else pytest.approx(margin))
    assert row.repaired_loss == 0
    assert row.int8_loss > 0


def test_of_many_samples_those_that_fail_are_listed_and_the_others_counted():
    count = MOST_ROWS + 500
    teacher = outputs(np.tile([1.0, 0.0], (count, 1)))
    values = teacher.values.copy()
    values[::2] = values[::2, ::-1]
    found = sample_rows(Classification(), samples(count), teacher, outputs(values), None)
    assert [row.row for row in found.rows] == list(range(0, count * 10, 20))
    assert (found.left_out.passing, found.left_out.failing) == (count // 2, 0)
    found = sample_rows(
        Classification(), samples(count), teacher, outputs(values[:, ::-1]), teacher
    )
    assert found.left_out.failing == 0
    every = sample_rows(
        Classification(), samples(count), teacher, outputs(teacher.values[:, ::-1]), None
    )
    assert [row.row for row in every.rows] == list(range(0, MOST_ROWS * 10, 10))
    assert (every.left_out.passing, every.left_out.failing) == (0, 500)


def test_a_row_lists_the_first_values_of_many():
    wide = outputs(np.arange(40.0)[None])
    (row,) = sample_rows(
        Regression(tolerance=1), samples(1, np.arange(40.0)[None]), wide, wide, None
    ).rows
    assert row.float == tuple(range(MOST_VALUES))
    assert row.label == tuple(range(MOST_VALUES))
