"""Recurrent layers: our kernels against each installed runtime, byte by byte."""

import numpy as np
import pytest

from int16_models import RUNTIMES
from mendlite.model.recurrent import GATE_WEIGHTS
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.prepare.recurrent import LstmView
from mendlite.prepare.view import Preparation
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from recurrent_models import (
    FORMS,
    INT16_FORMS,
    INT16_LACKING,
    LACKING,
    drawn,
    int16_lstm_spec,
    lstm_spec,
)
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


@pytest.mark.skipif("tflm" not in RUNTIMES, reason="TFLite Micro alone runs it")
@pytest.mark.parametrize("form", INT16_FORMS.values(), ids=INT16_FORMS)
def test_an_int16_lstm_computes_tflite_micros_bytes(form):
    model = read(build(int16_lstm_spec(**form)))
    assert prepare_model(model, Profile.TFLM).interpreted == {}
    inputs, steps = drawn(model), model.operators[0].outputs[0]
    ours = collect(ReferenceRunner(model=model, profile=Profile.TFLM), inputs, [steps])
    theirs = collect(IsolatedRunner(model=model, runtime=RUNTIMES["tflm"]), inputs, [steps])
    assert ours[steps].dtype == np.int16
    assert ours[steps].tobytes() == theirs[steps].tobytes()


@pytest.mark.parametrize("why", INT16_LACKING)
def test_other_int16_lstms_are_left_to_an_interpreter(why):
    spec = int16_lstm_spec()
    INT16_LACKING[why](spec)
    assert why in prepare_model(read(build(spec)), Profile.TFLM).interpreted[0]


def test_litert_has_no_lstm_of_int16():
    found = prepare_model(read(build(int16_lstm_spec())), Profile.TFLITE_REF).interpreted
    assert "LiteRT has no LSTM of int16 inputs" in found[0]


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
