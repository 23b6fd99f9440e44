"""Two models and samples: what they are to each other."""

from __future__ import annotations

import numpy as np

from mendlite.case.recipe import Teacher
from mendlite.case.samples import split_counts
from mendlite.case.tasks import evaluated_tensors, make_task, require_same_answers
from mendlite.errors import BadInputError
from mendlite.measure.task import Task
from mendlite.model.graph import Model
from mendlite.model.loaded_data import LoadedData
from mendlite.pairing.layers import pair_layers
from mendlite.pairing.verdict import judge_pairs, require_same_network
from mendlite.understanding.asked import Asked
from mendlite.understanding.candidates import feedings, possible_orders
from mendlite.understanding.checks import require_samples
from mendlite.understanding.choose import choose
from mendlite.understanding.input_range import input_range
from mendlite.understanding.labels import FoundLabels, find_labels
from mendlite.understanding.result import Understanding
from mendlite.understanding.task import decide_task
from mendlite.understanding.trial import Bench, Trial, attempt
from mendlite.understanding.wording import Understood, lines_of

NAME = "the samples"
MOST, FEWEST, PRODUCTS = 400, 50, 2_000_000_000
"""Samples that are tried, and multiplications that one try may take."""


def understand(
    reference: Model | None, quantized: Model, data: LoadedData, asked: Asked
) -> Understanding:
    """Task, feeding and labels; ``reference`` is the float model, None where it is lost.

    Raises NotSureError, naming the parameter that decides, where graph, samples and labels allow
    more than one reading or contradict each other; BadInputError where the files cannot belong
    together, or the samples cannot show anything.
    """
    split_counts(data.total)
    require_samples(data)
    teacher = _teacher(reference, data, asked)
    if reference is not None:
        pairs = pair_layers(reference, quantized)
        if not asked.allow_other_network:
            require_same_network(judge_pairs(reference, quantized, pairs))
    settings = decide_task(quantized, data.labels, asked)
    task = make_task(NAME, settings, quantized)
    if reference is not None:
        require_same_answers(task, reference, quantized)
    labels = find_labels(settings.kind, _width(task, quantized), data, asked)
    bench = _bench(reference or quantized, quantized, task, data, labels)
    orders = possible_orders(bench.model, data, asked)
    ways = feedings(bench.model, bench.arrays, orders, bench.ranges, asked)
    trials = [trial for way in ways if (trial := attempt(bench, way)) is not None]
    if not trials:
        raise BadInputError("the samples do not fit the model in any way that was tried")
    chosen = choose(bench, trials)
    agreement = _agreement(bench, chosen)
    found = Understood(
        task=settings,
        model=bench.model,
        data=data,
        labels=labels,
        trial=chosen,
        agreement=agreement,
        judged="int8" if reference is None else "float",
    )
    return Understanding(
        task=settings,
        teacher=teacher,
        inputs=chosen.feeding.rules,
        order=chosen.feeding.order,
        labels=labels.values,
        label_form=labels.form,
        label_offset=labels.offset,
        class_names=asked.classes or data.class_names,
        accuracy=chosen.good.accuracy,
        agreement=agreement,
        lines=lines_of(found),
    )


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


def _width(task: Task, model: Model) -> int:
    shapes = [model.tensors[t].shape[1:] for t in evaluated_tensors(task, model)]
    return sum(int(np.prod(shape, dtype=np.int64)) for shape in shapes)


def _bench(
    model: Model, quantized: Model, task: Task, data: LoadedData, labels: FoundLabels
) -> Bench:
    rows = _tried(model, data.count)
    return Bench(
        model=model,
        quantized=quantized,
        task=task,
        arrays=tuple(a[rows] for a in data.arrays),
        labels=None if labels.values is None else labels.values[rows],
        ranges=tuple(input_range(quantized, i) for i in range(len(quantized.inputs))),
    )


def _tried(model: Model, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The rows that are tried: as many as the model's size allows, always the same."""
    products = sum(_products(model, layer.output, layer.weights) for layer in model.layers)
    most = int(np.clip(PRODUCTS // max(products, 1), FEWEST, MOST))
    return np.sort(np.random.default_rng(0).permutation(count)[:most])


def _products(model: Model, output: int, weights: int) -> int:
    places = model.tensors[output].elements // max(model.tensors[output].shape[-1:] or (1,))
    return model.tensors[weights].elements * max(places, 1)


def _agreement(bench: Bench, trial: Trial) -> float | None:
    """The share of passing tests: samples on which the two models behave alike."""
    if bench.model is bench.quantized:
        return None
    other = bench.outputs(bench.quantized, trial.feeding)
    return 1 - float(np.mean(bench.task.failing(trial.outputs, other)))
