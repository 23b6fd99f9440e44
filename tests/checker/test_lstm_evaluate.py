"""The checker's own LSTM: bytes of our kernels and of the runtimes, and what it does not run."""

import numpy as np
import pytest

from checked_kernels import agree
from mendlite.arith import short_curves, wide_curves
from mendlite.checker import short_curves as own_curves
from mendlite.checker.evaluate import evaluate, evaluate_fast, multiplications, require_runnable
from mendlite.checker.fixed_curves import tanh_of_24ths
from mendlite.checker.graph import read_graph
from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.tflite.reader import read
from own_kernels import RUNTIMES
from recurrent_models import (
    FORMS,
    INT16_FORMS,
    INT16_LACKING,
    INT16_PROFILES,
    LACKING,
    drawn,
    int16_lstm_spec,
    lstm_spec,
)
from tiny_models import build, float_twin

EVERY = np.arange(-(2**15), 2**15)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_lstm_has_the_bytes_of_every_runtime(form):
    spec = lstm_spec(**form)
    assert agree(spec, inputs=drawn(read(build(spec)), 24))


@pytest.mark.parametrize("form", INT16_FORMS.values(), ids=INT16_FORMS)
def test_an_lstm_of_int16_has_the_bytes_of_tflite_micro(form):
    spec = int16_lstm_spec(**form)
    ran = agree(spec, inputs=drawn(read(build(spec)), 24), profiles=INT16_PROFILES)
    assert ran == {"tflm"} & RUNTIMES.keys()


def test_a_float_lstm_is_near_every_runtime():
    assert agree(float_twin(lstm_spec(size=2.0, clip=0.5)), count=9)


def test_curves_of_16_bits_are_the_packages():
    assert (own_curves.short_logistic(EVERY) == short_curves.short_logistic()).all()
    for bits in range(7):
        assert (own_curves.short_tanh(EVERY, bits) == short_curves.short_tanh(bits)).all()
    assert (tanh_of_24ths(3 * EVERY) == wide_curves.tanh_of(3, 0)).all()


def test_curves_by_hand():
    """1 / (1 + e**-1) is 0.73106, tanh(1) 0.76159; gemmlowp is within 12 steps of 2**-15."""
    one = np.array([2**12, -(2**12), 0])
    wanted = np.array([0.731059, 0.268941, 0.5]) * 2**15
    assert np.abs(own_curves.short_logistic(one) - wanted).max() < 12
    wanted = np.array([0.761594, -0.761594, 0.0]) * 2**15
    assert np.abs(own_curves.short_tanh(one, 3) - wanted).max() < 12


def by_hand(make=lstm_spec, bias="<i4"):
    """One cell that sees the input in its cell gate alone; the other gates' biases open them."""
    spec = make(steps=2, inputs=1, cells=1, classes=1)
    gates = spec.ops[0].inputs
    for slot in range(1, 9):
        spec.tensors[gates[slot]].scale = [1.0]
        spec.tensors[gates[slot]].data = np.array([[int(slot == 3)]], np.int8)
    for slot in range(12, 16):
        # 2**14 * 0.5 / 2**-12 leaves int16: the gates are open.
        spec.tensors[gates[slot]].data = np.array([0 if slot == 14 else 2**14], bias)
    spec.tensors[0].scale, spec.tensors[0].zero_point = [0.5], [0]
    return spec


def test_two_steps_by_hand():
    """c1 = tanh(0.5), c2 = c1 + tanh(1), h = tanh(c), in steps of 1 / 128."""
    graph = read_graph(build(by_hand()))
    steps = graph.ops[0].outputs[0]
    states = np.cumsum(np.tanh([0.5, 1.0]))
    for profile in ("tflm", "tflite_ref", "single"):
        found = evaluate(graph, profile, [np.array([[[1], [2]]], np.int8)], [steps])[steps]
        assert found.shape == (1, 2, 1)
        assert np.abs(found.reshape(-1) - np.tanh(states) * 128).max() <= 1


def test_its_products_are_counted():
    graph = read_graph(build(lstm_spec(steps=7, inputs=5, cells=6, classes=4)))
    assert multiplications(graph) == 7 * 4 * 6 * (5 + 6) + 4 * 42


@pytest.mark.parametrize("why", LACKING)
def test_other_forms_are_refused(why):
    spec = lstm_spec()
    LACKING[why](spec)
    graph = read_graph(build(spec))
    with pytest.raises(UnsupportedModelError, match="operator 0 UNIDIRECTIONAL_SEQUENCE_LSTM"):
        require_runnable(graph, "tflm", [graph.outputs[0]])


def test_two_steps_of_int16_by_hand():
    """The same at 1 / 2**15: the open gates are logistic(8), 0.99966; input steps of 1 / 256."""
    spec = by_hand(int16_lstm_spec, "<i8")
    spec.tensors[0].scale = [1 / 256]
    spec.tensors[spec.ops[0].inputs[18]].scale = [2.0**-15]
    for tensor in ("hidden", "steps", "flat"):
        next(t for t in spec.tensors if t.name == tensor).scale = [2.0**-15]
    graph = read_graph(build(spec))
    steps = graph.ops[0].outputs[0]
    frames = np.array([[[128], [256]]], np.int16)
    for profile in ("tflm", "single"):
        found = evaluate(graph, profile, [frames], [steps])[steps]
        assert found.dtype == np.int16
        assert np.abs(found.reshape(-1) / 2**15 - [0.43154, 0.84030]).max() < 24 / 2**15


@pytest.mark.parametrize("why", INT16_LACKING)
def test_other_forms_of_int16_are_refused(why):
    spec = int16_lstm_spec()
    INT16_LACKING[why](spec)
    graph = read_graph(build(spec))
    with pytest.raises(UnsupportedModelError, match="operator 0 UNIDIRECTIONAL_SEQUENCE_LSTM"):
        require_runnable(graph, "tflm", [graph.outputs[0]])


def test_an_lstm_of_int16_is_refused_under_litert():
    graph = read_graph(build(int16_lstm_spec()))
    with pytest.raises(UnsupportedModelError, match="LiteRT has no kernel"):
        require_runnable(graph, "tflite_ref", [graph.outputs[0]])


def test_a_nudged_weight_of_int16_is_noticed():
    spec, name = int16_lstm_spec(), "tflm"
    x, steps = drawn(read(build(spec)), 24), spec.ops[0].outputs[0]
    before = evaluate(read_graph(build(spec)), name, x, [steps])[steps]
    spec.tensors[spec.ops[0].inputs[5]].data[0, 1] ^= 1
    assert not np.array_equal(evaluate(read_graph(build(spec)), name, x, [steps])[steps], before)


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec.ops[0].inputs.clear(),
        lambda spec: spec.ops[0].inputs.__setitem__(0, -1),
        lambda spec: setattr(spec.tensors[spec.ops[0].inputs[5]], "is_variable", True),
        lambda spec: setattr(spec.tensors[spec.ops[0].inputs[12]], "is_variable", True),
    ],
)
def test_a_broken_one_is_refused_and_its_products_are_still_counted(change):
    spec = lstm_spec()
    change(spec)
    graph = read_graph(build(spec))
    assert multiplications(graph) >= 4 * 42
    with pytest.raises((UnsupportedModelError, MalformedModelError), match="operator 0 UNIDIR"):
        require_runnable(graph, "tflm", [graph.outputs[0]])


@pytest.mark.parametrize("state", [18, 19])
def test_a_state_that_is_no_variable_is_refused(state):
    spec = lstm_spec()
    spec.tensors[spec.ops[0].inputs[state]].is_variable = False
    graph = read_graph(build(spec))
    with pytest.raises(
        MalformedModelError, match=f"nothing writes tensor {graph.ops[0].inputs[state]}"
    ):
        require_runnable(graph, "tflm", [graph.outputs[0]])


def test_samples_do_not_hand_their_state_on():
    model = read(build(lstm_spec()))
    graph, (x,) = read_graph(model.data), drawn(model, 6)
    tensor = graph.outputs[0]
    alone = [evaluate(graph, "tflm", [row[None]], [tensor])[tensor] for row in x]
    assert (evaluate_fast(graph, "tflm", [x], [tensor])[tensor] == np.concatenate(alone)).all()
