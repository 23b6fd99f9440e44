"""How many tests a sample is to a task, and outputs by sample as outputs by test."""

from __future__ import annotations

from mendlite.measure.outputs import Outputs
from mendlite.measure.positions import PositionClassification
from mendlite.measure.recordings import RecordingTask
from mendlite.measure.task import Task


def outputs_by_test(task: Task, outputs: Outputs) -> Outputs:
    """Outputs with a row a replayed sample, as outputs with a row a test."""
    if isinstance(task, RecordingTask):
        return task.recordings(outputs)
    return task.by_test(outputs) if isinstance(task, PositionClassification) else outputs


def tests_of_a_row(task: Task) -> int:
    """Tests of one replayed sample: the compared rows and positions of its output, else 1."""
    return task.tests if isinstance(task, PositionClassification) else 1
