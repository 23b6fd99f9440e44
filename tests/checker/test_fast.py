"""The fast kernels against the plain ones where a wrong bound or rounding would show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_check import dynamic_range

from mendlite.checker import fast, layers
from mendlite.checker.evaluate import evaluate, evaluate_fast
from mendlite.checker.graph import read_graph
from mendlite.checker.rounding import scale_each
from tiny_models import ModelSpec, OpSpec, TensorSpec, build, dense_spec

PROFILES = ("tflm", "tflm_2026_10", "tflite_ref", "single")
INT32 = st.integers(-(2**31) + 1, 2**31 - 1)


@given(st.lists(INT32, min_size=1, max_size=8), st.floats(2.0**-33, 1.5), st.booleans())
def test_requantization_is_the_plain_one(values, real, single):
    acc, factors = np.array(values, np.int64), np.array([real])
    wanted = scale_each(acc.copy(), factors, single=single)
    assert np.array_equal(fast._scaled(acc, factors, single=single), wanted)


@given(st.integers(-(2**20), 2**20), st.integers(0, 12), st.booleans())
def test_ties_go_the_same_way(value, power, single):
    acc, factors = np.array([value, -value], np.int64), np.array([2.0**-power])
    wanted = scale_each(acc.copy(), factors, single=single)
    assert np.array_equal(fast._scaled(acc, factors, single=single), wanted)


def dense(inputs, weight, bias, zero=-128):
    """One output: the sum of ``inputs`` products of (x - zero) and ``weight``, and a bias."""
    weights = np.full((1, inputs), weight, np.int8)
    return ModelSpec(
        [
            TensorSpec("in", (1, inputs), scale=[0.5], zero_point=[zero]),
            TensorSpec("w", weights.shape, data=weights, scale=[0.5], zero_point=[0]),
            TensorSpec("b", (1,), "INT32", np.array([bias], "<i4"), scale=[0.25], zero_point=[0]),
            TensorSpec("out", (1, 1), scale=[2.0**18], zero_point=[0]),
        ],
        [OpSpec("FULLY_CONNECTED", [0, 1, 2], [3], "FullyConnectedOptions", {})],
        [0],
        [3],
    )


@pytest.mark.parametrize("inputs", [517, 519, 40_000])
def test_sums_near_the_end_of_what_a_float_holds_are_exact(inputs):
    """127 * 255 * 518 passes 2**24: from there on float32 would round."""
    graph = read_graph(build(dense(inputs, 127, 1)))
    x = np.random.default_rng(inputs).integers(100, 128, (6, inputs)).astype(np.int8)
    x[0] = 127
    for profile in PROFILES:
        wanted = evaluate(graph, profile, [x], [3])[3]
        assert np.array_equal(evaluate_fast(graph, profile, [x], [3])[3], wanted)


@pytest.mark.parametrize("bias", [2**31 - 1, -(2**31)])
def test_where_an_accumulator_could_leave_int32_the_plain_kernel_runs(bias, monkeypatch):
    graph, ran = read_graph(build(dense(64, 127, bias))), []
    plain = layers.run_layer
    monkeypatch.setattr(layers, "run_layer", lambda step: ran.append(step) or plain(step))
    x = np.full((2, 64), 127, np.int8)
    evaluate_fast(graph, "tflm", [x], [3])
    assert len(ran) == 1
    evaluate_fast(read_graph(build(dense_spec())), "tflm", [np.zeros((2, 6), np.int8)], [6])
    assert len(ran) == 1


def test_slices_are_joined_in_order():
    graph = read_graph(build(dense_spec()))
    x = np.random.default_rng(1).integers(-128, 128, (999, 6)).astype(np.int8)
    whole = evaluate(graph, "tflm", [x], [6])[6]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "SLICE_VALUES", 50)
        assert np.array_equal(evaluate_fast(graph, "tflm", [x], [6])[6], whole)


@pytest.mark.parametrize("seed", range(3))
def test_layers_that_round_their_activations_are_equal(seed):
    graph = read_graph(build(dynamic_range()))
    x = np.random.default_rng(seed).normal(0, 2, (50, 6)).astype(np.float32)
    wanted = evaluate(graph, "tflm", [x], [6])[6]
    assert np.array_equal(evaluate_fast(graph, "tflm", [x], [6])[6], wanted)
