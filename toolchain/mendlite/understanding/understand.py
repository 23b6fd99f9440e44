"""Two models and samples: what they are to each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mendlite.case.frames import as_frames
from mendlite.case.label_fit import values_of_a_test
from mendlite.case.recipe import Teacher
from mendlite.case.tasks import make_task, require_same_answers
from mendlite.errors import BadInputError
from mendlite.measure.task import Task
from mendlite.model.graph import Model
from mendlite.model.loaded_data import LoadedData
from mendlite.understanding.asked import Asked
from mendlite.understanding.candidates import feedings, order_by_name, possible_orders
from mendlite.understanding.checks import require_enough, require_numbers, require_pair
from mendlite.understanding.choose import (
    choose,
    choose_stated,
    require_named,
    require_reconstruction,
)
from mendlite.understanding.confirm import confirm
from mendlite.understanding.evidence import usual
from mendlite.understanding.input_range import known_range
from mendlite.understanding.labels import FoundLabels, find_labels
from mendlite.understanding.recordings import with_frames
from mendlite.understanding.result import Understanding
from mendlite.understanding.stored_bytes import with_bytes
from mendlite.understanding.survey import survey
from mendlite.understanding.task import decide_task
from mendlite.understanding.trial import Bench, Trial
from mendlite.understanding.wording import Understood, lines_of

NAME = "the samples"
MOST, FEWEST, PRODUCTS = 400, 64, 500_000_000
"""Samples that are tried, and multiplications that one try may take."""


def understand(
    reference: Model | None, quantized: Model, data: LoadedData, asked: Asked
) -> Understanding:
    """Task, feeding and labels; ``reference`` is the float model, None where it is lost.

    Raises NotSureError, naming the parameter that decides, where graph, samples and labels allow
    more than one reading or contradict each other; BadInputError where the files cannot belong
    together, or the samples cannot show anything.
    """
    require_enough(data)
    require_numbers(data)
    teacher = _teacher(reference, data, asked)
    reference, quantized = with_frames(reference, quantized, data.arrays)
    if reference is not None:
        require_pair(reference, quantized, asked)
    settings, tentative = decide_task(quantized, data, asked, reference)
    task = make_task(NAME, settings, quantized)
    if reference is not None:
        require_same_answers(task, reference, quantized)
    labels = find_labels(task, values_of_a_test(task, quantized), data, asked)
    bench = _bench(reference or quantized, quantized, task, data, labels)
    chosen, others = _chosen(bench, data, asked)
    if tentative:
        require_reconstruction(bench, chosen, tentative)
    confirmed = confirm(bench, chosen, others, asked, data.total)
    understood = Understood(
        task=settings, model=bench.model, data=data, labels=labels, trial=chosen,
        agreement=confirmed.agreement, judged="int8" if reference is None else "float",
        notes=confirmed.notes,
    )  # fmt: skip
    return Understanding(
        task=settings,
        teacher=teacher,
        inputs=with_bytes(bench, chosen, asked),
        order=chosen.feeding.order,
        labels=labels.values,
        label_form=labels.form,
        label_offset=labels.offset,
        class_names=asked.classes or data.class_names or labels.names,
        accuracy=chosen.good.accuracy,
        agreement=confirmed.agreement,
        lines=lines_of(understood),
    )


def _chosen(bench: Bench, data: LoadedData, asked: Asked) -> tuple[Trial, list[Trial]]:
    """The chosen trial, and trials of what the user ruled out by deciding the feeding."""
    rows = replace(data, arrays=as_frames(bench.model, data.arrays))
    orders = possible_orders(bench.model, rows, asked)
    named = None if asked.inputs else order_by_name(bench.model, data)
    if named in orders and not bench.witnessed:
        orders = [named]
    ways = feedings(bench.model, bench.frames, orders, bench.ranges, asked)
    trials = survey(bench, ways)
    if not asked.feeding:
        chosen = choose(bench, trials)
        require_named(chosen, named if named in orders else None)
        return chosen, []
    others: list[Trial] = []
    if bench.witnessed:
        free = replace(asked, subtract=None, multiply=None, int8=None, raw_offset=None)
        ways = feedings(bench.model, bench.frames, orders, bench.ranges, free)
        others = usual(survey(bench, ways))
    return choose_stated(bench, trials, others), others


def _teacher(reference: Model | None, data: LoadedData, asked: Asked) -> Teacher:
    if asked.teacher is not None:
        return asked.teacher
    if reference is not None:
        return "float"
    if data.labels is None:
        raise BadInputError(
            "there is no float model and there are no labels: `float_model`, `labels`"
        )
    return "labels"


def _bench(
    model: Model, quantized: Model, task: Task, data: LoadedData, labels: FoundLabels
) -> Bench:
    rows = _tried(model, data.count)
    return Bench(
        model=model,
        quantized=quantized,
        task=task,
        arrays=tuple(a[rows] for a in data.arrays),
        # A label of a recording states nothing of its frames.
        labels=labels.values[rows]
        if labels.values is not None and model.frames == 1 and not model.variables
        else None,
        rows=rows,
        ranges=tuple(known_range(model, quantized, i) for i in range(len(quantized.inputs))),
        names=data.class_names or labels.names,
    )


def _tried(model: Model, count: int) -> NDArray[np.int64]:
    """The rows that are tried: as many as the model's size allows, always the same."""
    products = sum(_products(model, layer.output, layer.weights) for layer in model.layers)
    most = -(-int(np.clip(PRODUCTS // max(products, 1), FEWEST, MOST)) // model.frames)
    return np.sort(np.random.default_rng(0).permutation(count)[:most])


def _products(model: Model, output: int, weights: int) -> int:
    places = model.tensors[output].elements // max(model.tensors[output].shape[-1:] or (1,))
    return model.tensors[weights].elements * max(places, 1)
