"""Slices that are run as one have the values that each has alone."""

from dataclasses import replace

import numpy as np
import pytest

import streaming_models
from gpt_models import TOKENS, gpt_spec
from mendlite.model.rounding import Profile
from mendlite.prepare.memory import stored_bytes
from mendlite.replay.reference import batches, frontier, runner
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.frontier import Frontier, run_on
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from own_kernels import inputs_of
from recurrent_models import lstm_spec
from several_rows import dense_rows, images, two_inputs
from tiny_models import build, conv_spec, float_twin

SIZE, SLICES, REST = 3, 7, 2
"""Samples a slice, full slices, samples of the last one."""

SPECS = {
    "convolution": conv_spec(),
    "float": float_twin(conv_spec()),
    "rows": dense_rows(),
    "images": images(),
    "two inputs": two_inputs(),
    "recurrent": lstm_spec(),
    "attention": gpt_spec(quantized=True),
    "float attention": gpt_spec(quantized=False),
}


def case_of(name):
    """A model, samples of it, and all tensors that depend on them."""
    model = read(build(SPECS[name]))
    inputs = inputs_of(model, SIZE * SLICES + REST)
    if "attention" in name:
        inputs = [np.abs(x) % TOKENS for x in inputs]
    return model, inputs, computed(model)


def computed(model):
    program = prepare(model, Profile.TFLM)
    return [t for o in model.operators for t in o.outputs if t in program.batched]


def together(monkeypatch, count):
    for module in (runner, frontier):
        monkeypatch.setattr(module, "slices_together", lambda *_: count)


def equal(ours, theirs):
    assert [values.keys() for values in ours] == [values.keys() for values in theirs]
    for one, other in zip(ours, theirs, strict=True):
        for tensor, values in one.items():
            assert values.dtype == other[tensor].dtype
            assert values.shape == other[tensor].shape
            assert values.tobytes() == other[tensor].tobytes()


@pytest.mark.parametrize("name", SPECS)
def test_a_runner_gives_the_slices_of_its_batches(name, monkeypatch):
    model, inputs, tensors = case_of(name)
    monkeypatch.setattr(runner, "slice_size", lambda _: SIZE)

    def ran(count):
        together(monkeypatch, count)
        return list(ReferenceRunner(model=model, profile=Profile.TFLM).run(inputs, tensors))

    alone = ran(1)
    assert len(alone) == SLICES + 1
    for count in (2, 4, SLICES + 1):
        equal(ran(count), alone)


def test_recordings_stay_whole(monkeypatch):
    frames = 4
    model = replace(read(build(streaming_models.SPECS["memories"])), frames=frames)
    inputs, tensors = inputs_of(model, 5 * frames), list(model.outputs)
    monkeypatch.setattr(runner, "slice_size", lambda _: frames)

    def ran(count):
        together(monkeypatch, count)
        return list(ReferenceRunner(model=model, profile=Profile.TFLM).run(inputs, tensors))

    alone = ran(1)
    assert len(alone) == 5
    equal(ran(2), alone)


@pytest.mark.parametrize("name", SPECS)
def test_a_frontier_keeps_its_slices(name, monkeypatch):
    model, inputs, _ = case_of(name)
    program, middle = prepare(model, Profile.TFLM), len(model.operators) // 2

    def ran(count):
        together(monkeypatch, count)
        moved = Frontier(model, inputs, SIZE, keep=model.outputs)
        moved.advance(program, middle)
        before = [dict(values) for values in moved.slices]
        ends = run_on(program, moved.slices, middle, model.outputs)
        equal(moved.slices, before)
        return before, ends

    alone, ends = ran(1)
    for count in (2, SLICES + 1):
        batched, batched_ends = ran(count)
        equal(batched, alone)
        equal(batched_ends, ends)


def test_how_many_slices_fit(monkeypatch):
    monkeypatch.setattr(batches, "usable", lambda: True)
    program = prepare(read(build(conv_spec())), Profile.TFLM)
    (layer,) = program.model.operators
    sizes = [stored_bytes(program.model.tensors[t]) for t in (layer.inputs[0], *layer.outputs)]
    monkeypatch.setattr(batches, "BATCH_BYTES", 12 * sum(sizes) + 1)
    assert batches.slices_together(program, 4, 1000, workers=2) == 3
    assert batches.slices_together(program, 5, 1000, workers=2) == 2
    many = (layer.outputs[0],) * 4
    assert 4 * sizes[1] > sum(sizes)
    kept = 12 * sum(sizes) // (4 * sizes[1])
    assert batches.slices_together(program, 1, 1000, workers=2, keep=many) == kept
    # Each worker gets two batches, and a slice is run in any case.
    assert batches.slices_together(program, 4, 8, workers=2) == 2
    assert batches.slices_together(program, 4, 1, workers=2) == 1
    assert batches.slices_together(program, 1000, 1000, workers=2) == 1
    monkeypatch.setattr(batches, "MOST_BYTES", 8 * program.prepared.bytes)
    assert batches.slices_together(program, 1, 1000, workers=2) == 4
    monkeypatch.setattr(batches, "usable", lambda: False)
    assert batches.slices_together(program, 4, 1000, workers=2) == 1


def test_what_does_not_depend_on_the_samples_is_in_each_slice():
    program = prepare(read(build(conv_spec())), Profile.TFLM)
    (source,) = program.model.inputs
    other = max(set(range(len(program.model.tensors))) - program.batched)
    values = {source: np.arange(10).reshape(5, 2), other: np.arange(3)}
    first, second = batches.split(program, values, [2, 3])
    assert first[source].tolist() == [[0, 1], [2, 3]]
    assert second[source].tolist() == [[4, 5], [6, 7], [8, 9]]
    assert first[other].tolist() == second[other].tolist() == [0, 1, 2]
