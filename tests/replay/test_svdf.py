"""SVDF: our kernels against a table computed by hand and each installed runtime, byte by byte."""

from dataclasses import replace

import numpy as np
import pytest

from int16_models import RUNTIMES
from mendlite.case.frames import as_frames, frames_of
from mendlite.errors import (
    MalformedModelError,
    UndefinedResultError,
    UnsupportedModelError,
)
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from svdf_models import svdf_spec
from tiny_models import build, float_twin

FRAMES, RECORDINGS = 11, 9
MICRO = [name for name in RUNTIMES if RUNTIMES[name].profile is Profile.TFLM]
DESKTOP = [name for name in RUNTIMES if RUNTIMES[name].profile is not Profile.TFLM]

FORMS = {
    "plain": {},
    "rank 2": {"rank": 2},
    "rank 3": {"rank": 3, "memory": 4},
    "memory of one frame": {"memory": 1},
    "memory longer than a recording": {"memory": 14},
    "zero-point": {"zero_point": 3},
    "saturating state": {"state_scale": 1e-5},
    "sums that leave int32": {"state_scale": 1e-5, "memory": 14, "rank": 3, "out_scale": 0.01},
    "multiplier above 1": {"state_scale": 1e-5, "time_scale": 1.0, "out_scale": 5e-6},
    "several rows": {"batch": 3},
    "three layers": {"layers": 3, "rank": 2},
}

MICRO_FORMS = {
    "no activation": {"activation": "NONE", "zero_point": 4},
    "RELU6 is not applied": {"activation": "RELU6", "out_scale": 0.5},
    "int8 state": {"state": "INT8", "state_scale": 0.03, "state_zero": -3},
    "int8 state that wraps": {"state": "INT8", "state_scale": 0.002, "state_zero": 90},
    "int8 state of three layers": {
        "state": "INT8", "state_scale": 0.03, "state_zero": 17, "layers": 3, "rank": 2,
    },
}  # fmt: skip


def streaming(spec, frames=FRAMES):
    return replace(read(build(spec)), frames=frames)


def drawn(model, seed=3):
    """Frames of recordings over all of int8, and near 0."""
    shape = model.tensors[0].shape
    rng = np.random.default_rng(seed)
    values = rng.integers(-128, 128, (FRAMES * RECORDINGS, *shape[shape[0] == 1 :]))
    values[: 3 * FRAMES] = values[: 3 * FRAMES] // 16
    return [values.astype(np.int8)]


def compared(spec, name):
    """All computed values of ours and of a runtime."""
    model, runtime = streaming(spec), RUNTIMES[name]
    assert prepare_model(model, runtime.profile).interpreted == {}
    inputs, tensors = drawn(model), [o.outputs[0] for o in model.operators]
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), inputs, tensors)
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), inputs, tensors)
    for tensor in tensors:
        wrong = np.flatnonzero(ours[tensor].reshape(-1) != theirs[tensor].reshape(-1))
        assert not wrong.size, (tensor, wrong.size, wrong[:5], ours[tensor].size)
    return ours


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("name", RUNTIMES)
def test_an_svdf_computes_the_runtimes_bytes_over_recordings(form, name, seed):
    compared(svdf_spec(seed, **form), name)


@pytest.mark.parametrize("form", MICRO_FORMS.values(), ids=MICRO_FORMS)
@pytest.mark.parametrize("name", MICRO)
def test_what_micro_alone_runs(form, name):
    for seed in range(3):
        compared(svdf_spec(seed, **form), name)


@pytest.mark.parametrize("name", DESKTOP)
def test_the_desktop_runs_one_without_bias(name):
    compared(svdf_spec(bias=False), name)


@pytest.mark.parametrize("form", [{}, {"rank": 2, "layers": 2}, {"batch": 2}])
@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6"])
@pytest.mark.parametrize("name", RUNTIMES)
def test_a_float_svdf_is_near_the_runtimes(name, activation, form):
    model, runtime = streaming(float_twin(svdf_spec(activation=activation, **form))), RUNTIMES[name]
    assert prepare_model(model, runtime.profile).interpreted == {}
    inputs = [(0.03 * drawn(model)[0]).astype("f4")]
    units = model.operators[0].outputs[0]
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), inputs, [units])[units]
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), inputs, [units])[units]
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    assert ours.any()


def by_hand():
    """Two inputs, one unit of two filters, three frames of memory; multipliers 1/2 and 1."""
    spec = svdf_spec(inputs=2, units=1, rank=2, memory=3, classes=2, zero_point=-10)
    values = {
        "feature0": np.array([[1, 2], [3, -1]], "i1"),
        "time0": np.array([[4, -2, 1], [1, 0, 2]], "<i2"),
        "bias0": np.array([5], "<i4"),
    }
    scales = {"in": 0.5, "feature0": 0.25, "state0": 0.25, "time0": 0.125, "units0": 0.03125}
    for tensor in spec.tensors:
        tensor.data = values.get(tensor.name, tensor.data)
        tensor.scale = [scales[tensor.name]] if tensor.name in scales else tensor.scale
        tensor.zero_point = [1] if tensor.name == "in" else tensor.zero_point
        tensor.scale = [0.25 * 0.125] if tensor.name == "bias0" else tensor.scale
    return spec


def test_a_table_computed_by_hand():
    # in less 1   products     half, ties up   4 f'' - 2 f' + f + g'' + 2 g    + 5 - 10
    # (4, 2)      (8, 10)      (4, 5)          4 + 10 = 14                     9
    # (1, -3)     (-5, 6)      (-2, 3)         -8 - 2 + 6 = -4                 -9
    # (0, 10)     (20, -10)    (10, -5)        16 + 4 + 10 + 5 - 10 = 25       20
    # (-1, 0)     (-1, -3)     (0, -1)         -8 - 20 + 0 + 3 - 2 = -27       -32
    # The second recording has the same frames, and begins with an empty state.
    model = streaming(by_hand(), frames=4)
    frames = np.array([[5, 3], [2, -2], [1, 11], [0, 1]] * 2, "i1")
    units = model.operators[0].outputs[0]
    for profile in (Profile.TFLM, Profile.TFLITE_REF):
        runner = ReferenceRunner(model=model, profile=profile)
        assert collect(runner, [frames], [units])[units].reshape(-1).tolist() == WANTED * 2
    one = replace(model, frames=1)
    alone = collect(ReferenceRunner(model=one, profile=Profile.TFLM), [frames], [units])[units]
    assert alone[0] == WANTED[0]
    assert alone[2] == 10 - 10 + 5 - 10


WANTED = [9, -9, 20, -32]


def with_field(**fields):
    return lambda spec: spec.ops[0].fields.update(**fields)


def with_tensor(name, **values):
    def change(spec):
        for tensor in spec.tensors:
            if tensor.name == name:
                for key, value in values.items():
                    setattr(tensor, key, value)

    return change


def without_bias(spec):
    spec.ops[0].inputs[3] = -1


def refusal(change, profile=Profile.TFLM, **form):
    """What preparation says of a model: why an interpreter runs it, or its error."""
    spec = svdf_spec(**form)
    change(spec)
    try:
        return prepare_model(read(build(spec)), profile).interpreted.get(0)
    except (MalformedModelError, UnsupportedModelError) as error:
        return f"{type(error).__name__}: {error}"


LACKING = {
    "has a zero-point": with_tensor("time0", zero_point=[2]),
    "'state0' has a zero-point": with_tensor("state0", zero_point=[2]),
    "is no variable": with_tensor("state0", is_variable=False, data=np.zeros((1, 24), "<i2")),
    "its bias counts in other steps": with_tensor("bias0", scale=[1.0]),
    "is INT16, not INT8": with_tensor("feature0", type="INT16", data=np.ones((4, 5), "<i2")),
}

CONTRADICTING = {
    "are no units of rank 3": with_field(Rank=3),
    "are no units of rank 0": with_field(Rank=0),
    "its feature weights have shape [4, 4], its input 5 values": with_tensor(
        "feature0", shape=(4, 4), data=np.ones((4, 4), np.int8)
    ),
    "its time weights have shape [3, 6], for 4 filters": with_tensor(
        "time0", shape=(3, 6), data=np.ones((3, 6), "<i2")
    ),
    "has shape [1, 20], not [1, 24]": with_tensor("state0", shape=(1, 20)),
    "has shape [3], not [4]": with_tensor("bias0", shape=(3,), data=np.ones(3, "<i4")),
    "has shape [1, 5] in the file, but the operator writes [1, 4]": with_tensor(
        "units0", shape=(1, 5)
    ),
    "they must be of one type": with_tensor("state0", type="INT8"),
}


@pytest.mark.parametrize("why", LACKING)
def test_other_forms_are_left_to_an_interpreter(why):
    assert why in refusal(LACKING[why])


@pytest.mark.parametrize("why", CONTRADICTING)
def test_a_file_that_contradicts_itself_is_refused(why):
    said = refusal(CONTRADICTING[why])
    assert why in said
    assert said.startswith(MalformedModelError.__name__)


@pytest.mark.parametrize(
    ("why", "change", "profile", "form"),
    [
        ("LiteRT reads it as int16", lambda _: None, Profile.TFLITE_REF, {"state": "INT8"}),
        ("it has no bias", without_bias, Profile.TFLM, {}),
    ],
)
def test_what_the_profiles_runtime_computes_wrongly_is_refused(why, change, profile, form):
    said = refusal(change, profile, **form)
    assert why in said
    assert said.startswith(UndefinedResultError.__name__)


def test_the_desktop_runs_no_activation_but_relu():
    change = with_field(FusedActivationFunction=0)
    assert "RELU alone" in refusal(change, Profile.TFLITE_REF)
    assert refusal(change, Profile.TFLM) is None


@pytest.mark.parametrize(
    ("shape", "frames"), [((8, 5), 1), ((8, 1, 5), 1), ((8, 4, 5), 4), ((8, 4, 1, 5), 4)]
)
def test_samples_are_frames_or_recordings(shape, frames):
    model = read(build(svdf_spec()))
    raw = (np.zeros(shape, np.int8),)
    assert frames_of(model, raw) == frames
    rows = as_frames(replace(model, frames=frames), raw)[0]
    assert rows.size == raw[0].size
    assert len(rows) == 8 * frames


def test_samples_of_another_size_are_no_recordings():
    # A stream of values, as models with variables take it, would be cut to frames here in silence.
    assert frames_of(read(build(svdf_spec())), (np.zeros((8, 10), np.int8),)) == 1
