"""Models with variables: frames in order, first values at the beginning of each recording."""

from dataclasses import replace

import numpy as np
import pytest

import streaming_models as models
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.reference.execute import prepare, run_operators
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from mendlite.tflite.reader import read
from random_inputs import random_inputs
from tiny_models import build

FRAMES = 6


def model_of(spec, frames=FRAMES):
    return replace(read(build(spec)), frames=frames)


def computed(model):
    return [
        t for o in model.operators for t in o.outputs if model.tensors[t].dtype.numpy is not None
    ]


@pytest.mark.parametrize("spec", models.SPECS.values(), ids=models.SPECS)
@pytest.mark.parametrize("runtime", installed(), ids=lambda runtime: runtime.name)
def test_every_tensor_of_every_frame_is_the_interpreters(spec, runtime):
    model, recordings = model_of(spec), 3
    x, tensors = random_inputs(model, recordings * FRAMES, deviation=2), computed(model)
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), x, tensors)
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), x, tensors)
    for tensor in tensors:
        if ours[tensor].dtype.kind == "f":
            assert np.allclose(ours[tensor], theirs[tensor], rtol=1e-5, atol=1e-5), tensor
        else:
            assert ours[tensor].tobytes() == theirs[tensor].tobytes(), tensor


def test_a_recording_depends_on_its_own_frames_alone():
    model = model_of(models.SPECS["memories"])
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    (x,) = random_inputs(model, 4 * FRAMES)
    both = collect(runner, [x], list(model.outputs))[model.outputs[0]]
    last = collect(runner, [x[3 * FRAMES :]], list(model.outputs))[model.outputs[0]]
    assert np.array_equal(both[3 * FRAMES :], last)
    turned = np.concatenate([x[FRAMES:], x[:FRAMES]])
    moved = collect(runner, [turned], list(model.outputs))[model.outputs[0]]
    assert np.array_equal(moved, np.concatenate([both[FRAMES:], both[:FRAMES]]))
    alone = collect(
        ReferenceRunner(model=replace(model, frames=1), profile=Profile.TFLM), [x],
        list(model.outputs),
    )  # fmt: skip
    assert not np.array_equal(alone[model.outputs[0]], both)


@pytest.mark.parametrize("spec", models.SPECS.values(), ids=models.SPECS)
def test_a_replay_in_two_parts_is_the_same_wherever_it_is_cut(spec):
    model = model_of(spec)
    program = prepare(model, Profile.TFLM)
    x = dict(zip(model.inputs, random_inputs(model, 2 * FRAMES, deviation=2), strict=True))
    whole, end = dict(x), len(model.operators)
    run_operators(program, whole, range(end), set(model.outputs))
    for cut in range(1, end):
        parts = dict(x)
        run_operators(program, parts, range(cut), set(model.outputs))
        for layer in model.layers:
            if layer.index == cut:
                assert layer.input in parts, "what a layer reads is there before it"
        run_operators(program, parts, range(cut, end), set(model.outputs))
        for tensor in model.outputs:
            assert whole[tensor].tobytes() == parts[tensor].tobytes(), cut


def test_a_model_whose_recordings_have_no_known_length_is_not_run():
    model = read(build(models.SPECS["memories"]))
    (x,) = random_inputs(model, 4)
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    with pytest.raises(UnsupportedModelError, match=r"recordings, arrays \(N, frames, ...\)"):
        collect(runner, [x], list(model.outputs))


def _changed(change):
    spec = models.streaming_spec()
    change(spec)
    return spec


def _no_first_values(spec):
    spec.others[0].ops = spec.others[0].ops[:2]
    spec.others[0].tensors = spec.others[0].tensors[:2]


def _computed_first_value(spec):
    first = spec.others[0]
    first.ops[1] = replace(first.ops[1], op="READ_VARIABLE", inputs=[0], outputs=[1])
    first.tensors[1].data = None


def _late(spec):
    spec.ops.append(spec.ops.pop(0))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_no_first_values, "variable 'b' has no first value"),
        (_computed_first_value, "first values that are constants"),
        (_late, "variables are used before it"),
    ],
)
def test_state_of_another_form_is_refused_with_its_reason(change, words):
    model = replace(read(build(_changed(change))), frames=2)
    assert any(words in reason for reason in model.unsupported)
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    with pytest.raises(UnsupportedModelError, match=words):
        collect(runner, random_inputs(model, 4), list(model.outputs))
