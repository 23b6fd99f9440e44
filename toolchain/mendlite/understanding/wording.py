"""The three lines that the user reads."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from mendlite.case.recipe import TaskSettings
from mendlite.case.samples import split_counts
from mendlite.model.graph import Model
from mendlite.model.loaded_data import LoadedData
from mendlite.understanding.evidence import percent
from mendlite.understanding.graph import result_rows, sample_shape
from mendlite.understanding.labels import FoundLabels
from mendlite.understanding.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Understood:
    """What the lines are made of; ``judged`` is the model that is tried ("float", "int8")."""

    task: TaskSettings
    model: Model
    data: LoadedData
    labels: FoundLabels
    trial: Trial
    agreement: float | None
    judged: str
    notes: tuple[str, ...] = ()


def lines_of(understood: Understood) -> tuple[str, ...]:
    """Task and feeding; samples; how well the models do. Each names what changes it."""
    return (_what(understood), _samples(understood.data), *_how_well(understood), *understood.notes)


def _what(understood: Understood) -> str:
    decides = "`task`, `subtract`, `multiply`, `layout`"
    if len(understood.model.inputs) > 1:
        decides += ", `inputs`"
    return f"{task_words(understood)}, {_values(understood)} fed {_fed(understood)} ({decides})"


def _fed(understood: Understood) -> str:
    words = understood.trial.words
    return words if words.startswith("as ") else f"as {words}"


def task_words(understood: Understood) -> str:
    """The task in words, with its classes or threshold."""
    task, model = understood.task, understood.model
    width = prod(sample_shape(model, model.outputs[0]))
    if task.kind == "classification":
        images = any(len(sample_shape(model, t)) == 3 for t in model.inputs)
        rows = result_rows(model, model.outputs[0])
        each = f" of each of {rows} rows" if rows > 1 else ""
        return f"{'image ' if images else ''}classifier{each}, {width // rows} classes"
    if task.kind == "next-token":
        tokens = sample_shape(model, model.outputs[0])[-1]
        return f"next-token at each of {width // tokens} positions, {tokens} tokens"
    if task.kind == "multi-label":
        threshold = 0.5 if task.threshold is None else task.threshold
        what = "binary decision" if width == 1 else f"multi-label, {width} labels"
        return f"{what} at threshold {threshold:g} (`threshold`)"
    if task.kind == "detection":
        return f"detection, boxes in output {task.boxes} and scores in output {task.scores}"
    values = f"{width} values" if width > 1 else "one value"
    return f"{task.kind} of {values}"


def _values(understood: Understood) -> str:
    parts = []
    for i in understood.trial.feeding.order:
        array, name = understood.data.arrays[i], understood.data.names[i]
        called = f"{name}: " if name and len(understood.trial.feeding.order) > 1 else ""
        low, high = (
            f"{end:.4g}" if array.dtype.kind == "f" else str(int(end))
            for end in (array.min(), array.max())
        )
        parts.append(f"{called}{array.dtype} {low}...{high}")
    return ", ".join(parts)


def _split(total: int) -> tuple[int, int, int]:
    repair, selection = split_counts(total)
    return repair, selection, total - repair - selection


def _samples(data: LoadedData) -> str:
    repair, selection, held = data.sets or _split(data.total)
    return (
        f"{data.total} samples: {repair} repair, {selection} selection, {held} held out (`samples`)"
    )


def _how_well(understood: Understood) -> list[str]:
    parts = []
    good = understood.trial.good
    origin = understood.data.label_origin or "the data"
    offset = f", {understood.labels.offset:+d}" if understood.labels.offset else ""
    labels = f"{understood.labels.form} from {origin}{offset}"
    if good.accuracy is not None:
        parts.append(f"{understood.judged} accuracy {percent(good.accuracy)} (labels: {labels})")
    elif good.losses is not None:
        what = "its inputs" if understood.task.kind == "autoencoder" else f"labels: {labels}"
        parts.append(
            f"{understood.judged} explains {percent(1 - good.loss)} of the variance ({what})"
        )
    else:
        parts.append("no labels")
    if good.auc is not None:
        parts.append(f"AUC {good.auc:.3f} (labels: {labels})")
    if understood.agreement is not None:
        parts.append(f"the models agree on {percent(understood.agreement)}")
    decides = "`labels`, `label_offset`" if understood.task.kind == "classification" else "`labels`"
    return [f"{'; '.join(parts)} ({decides})"]
