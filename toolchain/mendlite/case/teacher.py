"""The target outputs of a quantized model where no float model runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.case.tasks import evaluated_tensors
from mendlite.errors import BadInputError
from mendlite.measure.classification import labels_as_logits
from mendlite.measure.outputs import Outputs
from mendlite.measure.tests_of_samples import outputs_by_test, tests_of_a_row
from mendlite.model.rows import sample_shape
from mendlite.model.samples import Samples


def recorded_outputs(case: Case, samples: Samples) -> Outputs:
    """The outputs of a teacher that is no model: labels, or recorded outputs."""
    model = case.quantized
    tensors = [model.tensors[t] for t in evaluated_tensors(case.task, model)]
    shapes = tuple(map(sample_shape, tensors))
    width = sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes)
    if case.recipe.teacher == "outputs":
        parts = [np.asarray(v, np.float64).reshape(samples.count, -1) for v in samples.outputs]
        values = np.concatenate(parts, axis=1)
    else:
        values = _labels(case, samples, width)
    if values.shape[1] != width:
        raise BadInputError(
            f"{case.name}: the teacher has {values.shape[1]} values a sample, the model {width}"
        )
    return outputs_by_test(case.task, Outputs(values=values, shapes=shapes))


def _labels(case: Case, samples: Samples, width: int) -> NDArray[np.float64]:
    labels, kind = samples.labels, case.task.kind
    if labels is None:
        raise BadInputError(f"{case.name}: the {samples.name} samples have no labels")
    if kind == "classification":
        classes = width // tests_of_a_row(case.task)
        if labels.min(initial=0) < 0 or labels.max(initial=0) >= classes:
            raise BadInputError(f"{case.name}: a label is not one of the {classes} classes")
        return labels_as_logits(labels.reshape(-1), classes).reshape(samples.count, -1)
    if kind == "regression":
        return labels.reshape(samples.count, -1).astype(np.float64)
    raise BadInputError(
        f'{case.name}: teacher = "labels" is for classification and regression; record the '
        'float model\'s outputs and set teacher = "outputs"'
    )
