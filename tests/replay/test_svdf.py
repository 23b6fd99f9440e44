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
from svdf_models import (
    CONTRADICTING,
    FORMS,
    HAND_FRAMES,
    LACKING,
    MICRO_FORMS,
    WANTED,
    by_hand,
    drawn,
    hybrid_spec,
    one_unit_spec,
    streaming,
    svdf_spec,
    with_field,
    with_tensor,
    without_bias,
)
from tiny_models import build, float_twin

MICRO = [name for name in RUNTIMES if name == "tflm"]
DESKTOP = [name for name in RUNTIMES if name != "tflm"]


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


@pytest.mark.parametrize("uneven", [False, True], ids=["symmetric", "asymmetric"])
@pytest.mark.parametrize("form", [{}, {"rank": 2, "memory": 3}, {"batch": 2}, {"bias": False}])
@pytest.mark.parametrize("activation", ["NONE", "RELU"])
@pytest.mark.parametrize("name", DESKTOP)
def test_int8_weights_under_a_float_input_are_near_the_desktops(name, activation, form, uneven):
    spec = hybrid_spec(uneven=uneven, activation=activation, **form)
    model, runtime = streaming(spec), RUNTIMES[name]
    assert prepare_model(model, runtime.profile).interpreted == {}
    # Multiples of 0.03 often lie amid two steps, which TensorFlow Lite 2.14 rounds otherwise.
    shape, desktop = drawn(model)[0].shape, runtime.profile is Profile.TFLITE_REF
    others = np.random.default_rng(6).normal(0, 1, shape)
    inputs = [(0.03 * drawn(model)[0] if desktop else others).astype("f4")]
    inputs[0][4] = 0
    units = model.operators[0].outputs[0]
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), inputs, [units])[units]
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), inputs, [units])[units]
    np.testing.assert_allclose(ours, theirs, atol=2e-6 * np.abs(theirs).max())
    real = streaming(float_twin(svdf_spec(state="INT8", activation=activation, **form)))
    exact = collect(ReferenceRunner(model=real, profile=runtime.profile), inputs, [units])[units]
    assert np.abs(ours - exact).max() > 1e-3 * np.abs(exact).max(), "inputs are quantized"


HYBRID_LACKING = {
    "is FLOAT32, not INT8": with_tensor("time0", type="FLOAT32", data=np.ones((4, 6), "<f4")),
    "'feature0' has a zero-point": with_tensor("feature0", zero_point=[1]),
    "'time0' has a zero-point": with_tensor("time0", zero_point=[1]),
    "is INT8, not FLOAT32": with_tensor("state0", type="INT8"),
}


@pytest.mark.parametrize("why", HYBRID_LACKING)
def test_other_forms_with_int8_weights_are_left_to_an_interpreter(why):
    spec = hybrid_spec()
    HYBRID_LACKING[why](spec)
    assert why in prepare_model(read(build(spec)), Profile.TFLITE_REF).interpreted[0]


def test_int8_weights_under_a_float_input_by_hand():
    """One input, weight and frame of memory: 0.5 is quantized to 127 / 127 of 0.5."""
    model = streaming(one_unit_spec(), frames=1)
    units = model.operators[0].outputs[0]
    # The second value, 0.3, is 76.2 steps of 0.5 / 127: it counts as 76.
    x = [np.array([[0.5, 0.3]], "<f4")]
    found = collect(ReferenceRunner(model=model, profile=Profile.TFLITE_REF), x, [units])[units]
    step = 0.5 / 127
    assert found.reshape(-1) == pytest.approx(1.5 * (2.0 * 0.5 - 1.0 * 76 * step) + 0.25, rel=1e-6)


def test_a_table_computed_by_hand():
    # in less 1   products     half, ties up   4 f'' - 2 f' + f + g'' + 2 g    + 5 - 10
    # (4, 2)      (8, 10)      (4, 5)          4 + 10 = 14                     9
    # (1, -3)     (-5, 6)      (-2, 3)         -8 - 2 + 6 = -4                 -9
    # (0, 10)     (20, -10)    (10, -5)        16 + 4 + 10 + 5 - 10 = 25       20
    # (-1, 0)     (-1, -3)     (0, -1)         -8 - 20 + 0 + 3 - 2 = -27       -32
    # The second recording has the same frames, and begins with an empty state.
    model = streaming(by_hand(), frames=4)
    frames = np.concatenate([HAND_FRAMES] * 2)
    units = model.operators[0].outputs[0]
    for profile in (Profile.TFLM, Profile.TFLITE_REF):
        runner = ReferenceRunner(model=model, profile=profile)
        assert collect(runner, [frames], [units])[units].reshape(-1).tolist() == WANTED * 2
    one = replace(model, frames=1)
    alone = collect(ReferenceRunner(model=one, profile=Profile.TFLM), [frames], [units])[units]
    assert alone[0] == WANTED[0]
    assert alone[2] == 10 - 10 + 5 - 10


def refusal(change, profile=Profile.TFLM, **form):
    """What preparation says of a model: why an interpreter runs it, or its error."""
    spec = svdf_spec(**form)
    change(spec)
    try:
        return prepare_model(read(build(spec)), profile).interpreted.get(0)
    except (MalformedModelError, UnsupportedModelError) as error:
        return f"{type(error).__name__}: {error}"


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
