"""Say in a certificate what a repair did (docs/SPEC.md, "The certificate").

Only what can be computed again from the files stands in it as a figure: integers, classes and
hashes. ``mendlite.checker`` does that; nothing but the form is shared with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite import __version__
from mendlite.case.case import Case
from mendlite.case.evaluate import evaluate_on_host
from mendlite.case.tasks import evaluated_tensors
from mendlite.case.validation import Evaluated
from mendlite.checker.form import (
    FORMAT,
    VERSION,
    answers_digest,
    arrays_digest,
    sample_digests,
    seal,
)
from mendlite.errors import ClaimError
from mendlite.jobs.repair import Repaired
from mendlite.measure.classification import predictions
from mendlite.measure.multi_label import MultiLabel
from mendlite.measure.outputs import Outputs
from mendlite.measure.recordings import RecordingTask
from mendlite.measure.task import OF_CLASSES
from mendlite.model.delta import Delta, Field, TensorEdit
from mendlite.model.graph import Model
from mendlite.model.interface import InterfaceChange
from mendlite.model.report import FileInfo
from mendlite.model.samples import Samples
from mendlite.tflite.fields import find_field
from mendlite.tflite.graph_edit import edit_graph
from mendlite.tflite.graph_record import plain_graph
from mendlite.tflite.patch_size import bytes_changed
from mendlite.tflite.reader import read

Values = dict[str, Any]


def make_certificate(case: Case, repaired: Repaired, reference: str) -> Values:
    """The sealed certificate; ``reference`` is the target's name or the relative path of its file.

    Where a board or another runner evaluated, the reference kernels run the samples again,
    which the checker can follow.
    """
    report = repaired.report
    patched = report.files.repaired
    if patched is None:
        raise ClaimError("no repaired file is to be written: there is nothing to certify")
    edited = _with_graph(case.quantized, repaired.delta)
    return seal(
        {
            "format": FORMAT,
            "version": VERSION,
            "tool": {"mendlite": __version__},
            "versions": report.versions,
            "target": {"name": case.name, "reference": reference},
            "strategy": report.strategy,
            "seed": case.seed,
            "kernels": report.kernels,
            "profile": case.profile.value,
            "files": {
                "base": _file(report.files.int8, case.quantized),
                "patched": _file(patched, case.quantized),
                "float": None
                if report.files.float is None
                else _file(report.files.float, case.float_model),
            },
            **_graph(repaired.delta),
            "edits": list(_edits(edited, repaired.delta)),
            **_interface(report.interface),
            "checks": _checks(edited, repaired),
            "recipe": case.recipe.plain(),
            "sets": {
                "repair": _hashes(case.sets.repair),
                "selection": _evaluated_set(Evaluated.of(repaired.selection, repaired.model)),
                "validation": _evaluated_set(repaired.validation),
            },
        }
    )


def _with_graph(base: Model, delta: Delta) -> Model:
    """The file whose values the edits change: the base file, or that with the edited graph."""
    return base if delta.graph is None else read(edit_graph(base.data, delta.graph), base.signature)


def _graph(delta: Delta) -> Values:
    """The entry that declares an edit of the graph, where there is one."""
    return {} if delta.graph is None else {"graph": plain_graph(delta.graph)}


def _file(info: FileInfo, model: Model | None) -> Values:
    """A file by its name alone: folders are the machine's. ``model`` is read from it."""
    values = {"name": PurePath(info.path).name, "sha256": info.sha256, "bytes": info.bytes}
    signature = None if model is None else model.signature
    return values if signature is None else {**values, "signature": signature}


def _kind(model: Model, edit: TensorEdit) -> str:
    if edit.field is not Field.DATA:
        return str(edit.field.value)
    if any(layer.weights == edit.tensor for layer in model.layers):
        return "weight"
    if any(layer.bias == edit.tensor for layer in model.layers):
        return "bias"
    return "constant"


def _edits(model: Model, delta: Delta) -> Iterator[Values]:
    for edit in delta.edits:
        place = find_field(model, edit.tensor, edit.field)
        yield {
            "tensor": edit.tensor,
            "name": model.tensors[edit.tensor].name,
            "kind": _kind(model, edit),
            "dtype": "int4" if place.packed else place.dtype.name,
            "index": edit.index.tolist(),
            "offset": place.byte_offsets(edit.index).tolist(),
            "old": _plain(edit.old),
            "new": _plain(edit.new),
        }


def _interface(changes: Sequence[InterfaceChange]) -> Values:
    """The entry that declares new parameters of inputs and outputs, where there are any."""
    edits = [
        {
            "side": one.side.value,
            "number": one.number,
            "tensor": one.tensor,
            "name": one.name,
            "old": asdict(one.old),
            "new": asdict(one.new),
        }
        for one in changes
    ]
    return {"interface": edits} if edits else {}


def _plain(values: NDArray[np.generic]) -> list[int | float]:
    # The shortest decimals that read back to the same float32.
    if values.dtype.kind == "f":
        return [float(str(v)) for v in values]
    return [int(v) for v in values]


def _checks(model: Model, repaired: Repaired) -> Values:
    """What was compared with the bytes before they were written."""
    kinds: dict[str, int] = {}
    for edit in repaired.delta.edits:
        kind = _kind(model, edit)
        kinds[kind] = kinds.get(kind, 0) + int(edit.index.size)
    solver = repaired.report.solver
    return {
        "bytes": {
            "edits": repaired.delta.size,
            "bytes_changed": sum(bytes_changed(model, edit) for edit in repaired.delta.edits),
            "by_kind": dict(sorted(kinds.items())),
        },
        "claims": {
            "backend": solver.backend,
            "problems": solver.problems,
            "status": solver.status,
            "steps": [step.name for step in repaired.report.steps if step.accepted],
        },
    }


def _hashes(samples: Samples) -> Values:
    return {
        "samples": samples.count,
        "inputs_sha256": arrays_digest(samples.raw),
        "labels_sha256": None if samples.labels is None else arrays_digest([samples.labels]),
        "recorded_sha256": arrays_digest(samples.outputs) if samples.outputs else None,
    }


def _on_reference(evaluated: Evaluated, model: Model, outputs: Outputs) -> Outputs:
    """The model's outputs on the reference kernels: the evaluator's own where they ran."""
    case = evaluated.evaluator.case
    if case.execution.on_host_kernels:
        return outputs
    return evaluate_on_host(case, model, evaluated.evaluator.samples)


def _evaluated_set(evaluated: Evaluated) -> Values:
    case, repaired = evaluated.evaluator.case, evaluated.repaired
    before = _on_reference(evaluated, case.quantized, evaluated.before)
    after = _on_reference(evaluated, repaired, evaluated.after)
    outputs_of = {"teacher": evaluated.evaluator.teacher, "base": before, "patched": after}
    answers = {name: _answers(case, outputs) for name, outputs in outputs_of.items()}
    failed, fails = (case.task.failing(evaluated.evaluator.teacher, o) for o in (before, after))
    labels = evaluated.evaluator.tests.labels
    teacher = answers["teacher"]
    return {
        **_hashes(evaluated.evaluator.samples),
        "teacher_sha256": None if teacher is None else answers_digest(teacher),
        "answers": answers,
        "failing": {"before": _positions(failed), "after": _positions(fails)},
        "outputs": {
            "base": _output_digests(case, case.quantized, before),
            "patched": _output_digests(case, repaired, after),
        },
        "figures": {
            "failing_before": int(np.count_nonzero(failed)),
            "failing_after": int(np.count_nonzero(fails)),
            "fixed": int(np.count_nonzero(failed & ~fails)),
            "regressed": int(np.count_nonzero(~failed & fails)),
            "accuracy": {
                name: case.task.quality(outputs, labels).accuracy
                for name, outputs in outputs_of.items()
            },
        },
    }


def _positions(mask: NDArray[np.bool_]) -> list[int]:
    return [int(i) for i in np.flatnonzero(mask)]


def _answers(case: Case, outputs: Outputs) -> list[int] | list[str] | None:
    """A class a sample, or a text of 0 and 1 a sample; None where outputs are not discrete."""
    if case.task.kind in OF_CLASSES:
        return [int(c) for c in predictions(outputs.values)]
    if isinstance(case.task, MultiLabel):
        decided = case.task.decisions(outputs)
        return ["".join("01"[int(on)] for on in row) for row in decided]
    return None


def _output_digests(case: Case, model: Model, outputs: Outputs) -> str | None:
    """Digests of each sample's evaluated stored values; None where any of the model is float."""
    tensors = evaluated_tensors(case.task, model)
    floats = [layer for layer in model.layers if model.tensors[layer.output].quant is None]
    if floats or any(model.tensors[t].quant is None for t in tensors):
        return None
    if isinstance(case.task, RecordingTask):
        outputs = case.task.of_frames(outputs)
    return sample_digests(_stored(model, tensors, outputs))


def _stored(model: Model, tensors: Sequence[int], outputs: Outputs) -> list[NDArray[Any]]:
    """The stored values that the evaluated real ones were read from."""
    stored: list[NDArray[Any]] = []
    for head, tensor in enumerate(tensors):
        view = model.tensors[tensor]
        quant, storage = view.quantization(), view.dtype.numpy
        steps = np.rint(outputs.head(head) / float(quant.scale[0])) + int(quant.zero_point[0])
        stored.append(steps.astype(storage))
    return stored
