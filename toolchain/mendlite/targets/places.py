"""How many class labels a sample of a target has."""

from __future__ import annotations

from mendlite.case.tasks import make_task
from mendlite.measure.tests_of_samples import tests_of_a_row
from mendlite.targets.schema import Target
from mendlite.tflite.reader import read_file


def label_places(target: Target) -> int:
    """Class labels of a sample: one, or one for each row or position that the model classifies.

    Raises BadInputError where the int8 model cannot be read or does not fit the task.
    """
    task = make_task(
        target.name, target.recipe.task, read_file(target.models.int8.path, target.signature)
    )
    return tests_of_a_row(task)
