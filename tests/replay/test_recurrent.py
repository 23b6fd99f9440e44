"""Recurrent layers: our kernels against each installed runtime, byte by byte."""

import numpy as np
import pytest

from int16_models import RUNTIMES
from mendlite.model.recurrent import GATE_WEIGHTS
from mendlite.model.rounding import Profile
from mendlite.model.rows import sample_shape
from mendlite.prepare.model import prepare_model
from mendlite.prepare.recurrent import LstmView
from mendlite.prepare.view import Preparation
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from recurrent_models import FORMS, LACKING, drawn, int16_lstm_spec, lstm_spec
from tiny_models import build, float_twin

runtimes = pytest.mark.parametrize("runtime", RUNTIMES.values(), ids=RUNTIMES)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@runtimes
def test_an_lstm_computes_the_runtimes_bytes(form, runtime):
    model = read(build(lstm_spec(**form)))
    assert prepare_model(model, runtime.profile).interpreted == {}
    steps, inputs = model.operators[0].outputs[0], drawn(model)
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), inputs, [steps])
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), inputs, [steps])
    assert ours[steps].tobytes() == theirs[steps].tobytes()


INT16_FORMS = {name: form for name, form in FORMS.items() if name != "zero-point"}


@pytest.mark.skipif("tflm" not in RUNTIMES, reason="TFLite Micro alone runs it")
@pytest.mark.parametrize("form", INT16_FORMS.values(), ids=INT16_FORMS)
def test_an_int16_lstm_computes_tflite_micros_bytes(form):
    model = read(build(int16_lstm_spec(**form)))
    assert prepare_model(model, Profile.TFLM).interpreted == {}
    rng = np.random.default_rng(8)
    values = rng.integers(-(2**15), 2**15, (80, *sample_shape(model.tensors[0])))
    values[::2] //= 16
    inputs, steps = [values.astype(np.int16)], model.operators[0].outputs[0]
    ours = collect(ReferenceRunner(model=model, profile=Profile.TFLM), inputs, [steps])
    theirs = collect(IsolatedRunner(model=model, runtime=RUNTIMES["tflm"]), inputs, [steps])
    assert ours[steps].dtype == np.int16
    assert ours[steps].tobytes() == theirs[steps].tobytes()


def without_int64_biases(spec):
    for slot in range(12, 16):
        bias = spec.tensors[spec.ops[0].inputs[slot]]
        bias.type, bias.data = "INT32", bias.data.astype("<i4")


INT16_LACKING = {
    "LiteRT has no LSTM of int16 inputs": (Profile.TFLITE_REF, None),
    "INT32": (Profile.TFLM, without_int64_biases),
    "has a zero-point": (Profile.TFLM, lambda spec: setattr(spec.tensors[0], "zero_point", [3])),
    "a gate's sum may leave int32": (
        Profile.TFLM,
        lambda spec: setattr(
            spec.tensors[spec.ops[0].inputs[12]], "data", np.full(6, 2**47, "<i8")
        ),
    ),
}


@pytest.mark.parametrize("why", INT16_LACKING)
def test_other_int16_lstms_are_left_to_an_interpreter(why):
    profile, change = INT16_LACKING[why]
    spec = int16_lstm_spec()
    if change is not None:
        change(spec)
    assert why in prepare_model(read(build(spec)), profile).interpreted[0]


@runtimes
def test_a_float_lstm_is_near_the_runtimes(runtime):
    model = read(build(float_twin(lstm_spec(size=2.0, clip=0.5))))
    assert prepare_model(model, runtime.profile).interpreted == {}
    inputs = [np.random.default_rng(1).normal(0, 1, (9, *model.tensors[0].shape[1:])).astype("f4")]
    steps = model.operators[0].outputs[0]
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), inputs, [steps])[steps]
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), inputs, [steps])[steps]
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(("profile", "kind"), [(Profile.TFLITE_REF, "f4"), (Profile.TFLM, "f8")])
def test_the_desktop_multiplies_scales_in_float32_and_micro_in_double(profile, kind):
    # Both were seen to matter: one value of some thousand differs by one step.
    model = read(build(lstm_spec()))
    view = Preparation(model=model, operator=model.operators[0], profile=profile, known={})
    scales = [model.tensors[t].scale for t in (0, *model.operators[0].inputs[1:5])]
    first, *others = np.array(scales, kind)
    wanted = np.repeat([float(first * other) * 4096 for other in others], 6)
    assert (LstmView(view).gate_multipliers(0, GATE_WEIGHTS) == wanted).all()
    assert float(np.float32(scales[0]) * np.float32(scales[1])) != scales[0] * scales[1]


@pytest.mark.parametrize("why", LACKING)
def test_other_forms_are_left_to_an_interpreter(why):
    spec = lstm_spec()
    LACKING[why](spec)
    interpreted = prepare_model(read(build(spec)), Profile.TFLM).interpreted
    assert why in interpreted[0]
