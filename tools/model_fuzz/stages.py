"""What a file goes through: each stage ends well, or in an error of ``mendlite.errors``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from mendlite.certify.lowering.lower import lower
from mendlite.checker.evaluate import multiplications as checker_cost
from mendlite.checker.graph import read_graph
from mendlite.emit.c_array import c_header, c_source
from mendlite.emit.c_harness import c_harness
from mendlite.model.delta import Delta, TensorEdit
from mendlite.model.graph import Model
from mendlite.pairing.layers import pair_layers
from mendlite.pairing.verdict import judge_pairs
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.reference.slices import multiplications
from mendlite.tflite.channel_groups import channel_groups
from mendlite.tflite.delta_file import dumps_json, dumps_npz, loads
from mendlite.tflite.diff import describe, diff
from mendlite.tflite.edits import field_edit, make_delta
from mendlite.tflite.fields import find_field
from mendlite.tflite.patch import apply, revert, seal
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from mendlite.tflite.rescale import rescale_edits
from mendlite.tflite.scale_groups import scale_groups
from model_fuzz.agree import evaluate_checker
from model_fuzz.inputs import FRAMES, draw
from model_fuzz.limits import without_memory_limit
from model_fuzz.subject import DifferenceError, Subject

MOST_MULTIPLICATIONS = 100_000_000
"""A replay of more is left out: it is slow because the model is."""

MOST_FOR_CHECKER = 5_000_000
Stage = Callable[[Subject], None]

FIELDS = ("data", "scale", "zero_point")


def run_reader(subject: Subject) -> None:
    """Bytes to a model."""
    subject.model = read(subject.data)


def run_replay(subject: Subject) -> None:
    """Preparation, and every tensor of two samples on the reference kernels."""
    model = subject.parsed
    if model.keeps_frames:
        model = replace(model, frames=FRAMES)
    subject.inputs = draw(model, subject.dice)
    if subject.inputs is None or multiplications(model) > MOST_MULTIPLICATIONS:
        return
    written = [o.outputs[0] for o in model.operators if o.outputs and o.op != "VAR_HANDLE"]
    runner = ReferenceRunner(model=model, profile=subject.profile, workers=1)
    wanted = [*dict.fromkeys([*written, *model.outputs])]
    subject.values = dict(collect(runner, subject.inputs, wanted))


def run_lowering(subject: Subject) -> None:
    """The network that certify verifies."""
    lower(subject.parsed, subject.profile)


def run_pairing(subject: Subject) -> None:
    """The mutant against its original, both ways."""
    for one, other in ((subject.base, subject.parsed), (subject.parsed, subject.base)):
        judge_pairs(one, other, pair_layers(one, other))


def run_groups(subject: Subject) -> None:
    """Groups of channels and scales, and a rescaling of one that may change."""
    model = subject.parsed
    channel_groups(model)
    free = [group for group in scale_groups(model) if group.frozen is None]
    if free:
        group = subject.dice.pick(free)
        scale = model.tensors[group.tensors[0]].quantization().scale[0]
        scale = float(np.clip(scale * 2.0 ** subject.dice.below(24) / 2**12, 1e-30, 1e30))
        patched(model, rescale_edits(model, group, scale, subject.dice.below(256) - 128))


def run_diff(subject: Subject) -> None:
    """The edits from the original, put in and taken out again."""
    _round_trip(subject.base, subject.parsed)


def run_edits(subject: Subject) -> None:
    """Edits of the mutant itself."""
    edits = [e for e in (_edit(subject) for _ in range(3)) if e is not None]
    edits = list({(e.tensor, e.field): e for e in edits}.values())
    delta = make_delta(subject.parsed, edits)
    other = read(apply(subject.data, delta, subject.parsed))
    if revert(other.data, seal(subject.data, delta)) != subject.data:
        raise DifferenceError("a reverted delta leaves another file")
    _round_trip(subject.parsed, other)


def _edit(subject: Subject) -> TensorEdit | None:
    """New values for one field of one tensor."""
    from mendlite.model.delta import Field

    model, dice = subject.parsed, subject.dice
    tensor, name = dice.below(len(model.tensors)), Field(dice.pick(FIELDS))
    values = find_field(model, tensor, name).read(model.data).copy()
    if values.size:
        raw = values.view("u1")
        raw[dice.below(raw.size)] = dice.below(256)
    return field_edit(model, tensor, name, values)


def _round_trip(base: Model, other: Model) -> None:
    delta = diff(base, other)
    list(describe(base, delta))
    for form in (dumps_json, dumps_npz):
        if not _same(loads(form(delta)), delta):
            raise DifferenceError(f"{form.__name__} does not give the delta again")
    if apply(base.data, delta, base) != other.data:
        raise DifferenceError("apply does not give the other file")
    if revert(other.data, delta) != base.data:
        raise DifferenceError("revert does not give the base file")


def _same(one: Delta, other: Delta) -> bool:
    return dumps_npz(one) == dumps_npz(other)


def run_emit(subject: Subject) -> None:
    """As a C array and as integer C."""
    c_header(subject.parsed.description)
    c_source("model", subject.data, "model.h")
    c_harness(subject.parsed, subject.profile, None)


def run_checker(subject: Subject) -> None:
    """The checker's own reader and evaluator, against the reference kernels."""
    graph = read_graph(subject.data)
    if subject.inputs is not None and checker_cost(graph) <= MOST_FOR_CHECKER:
        evaluate_checker(subject, graph)


def run_engine(subject: Subject) -> None:
    """Host against the firmware's engine, which runs in a process of its own under sanitizers."""
    from differential import Outcome, compare

    if subject.inputs is None or multiplications(subject.parsed) > MOST_FOR_CHECKER:
        return
    with without_memory_limit():
        verdict = compare(subject.data, subject.dice.below(2**31), (subject.profile,))
    if verdict.outcome is Outcome.FIRMWARE_CRASHES:
        raise DifferenceError(f"the firmware crashes: {verdict.reason}")
    if verdict.outcome is Outcome.DIFFERS:
        raise DifferenceError(verdict.reason)
    if verdict.outcome is Outcome.HOST_FAILS:
        raise RuntimeError(verdict.reason)


STAGES: Mapping[str, Stage] = {
    "replay": run_replay,
    "lower": run_lowering,
    "pair": run_pairing,
    "groups": run_groups,
    "diff": run_diff,
    "edits": run_edits,
    "emit": run_emit,
    "checker": run_checker,
}
"""In this order, once the reader has accepted the file."""

DIFFERENTIAL: Mapping[str, Stage] = {**STAGES, "engine": run_engine}
"""What is run besides in the differential mode: it needs a C compiler."""
