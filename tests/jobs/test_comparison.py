"""Comparing our kernels with others': integers exactly, float sums within a stated room."""

from functools import partial

import numpy as np
import pytest

from lying import LyingRunner
from mendlite.jobs.comparison import (
    FLOAT_ROOM,
    Others,
    compare_operators,
    compare_outputs,
    compared_tensors,
    computes_in_float,
    unequal,
)
from mendlite.jobs.run_time_ties import tie_tolerance
from mendlite.model.device_report import BoardVerdict
from mendlite.model.rounding import Profile
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec, float_twin

COUNT = 300


def others(profile=Profile.TFLM, follow=Profile.TFLM, **lie):
    return Others(runner=lambda model: LyingRunner(model, profile, **lie), profile=follow)


@pytest.fixture
def model():
    return read(build(dense_spec()))


@pytest.fixture
def inputs():
    return [np.random.default_rng(1).integers(-128, 128, (COUNT, 6)).astype(np.int8)]


def test_the_same_kernels_are_identical(model, inputs):
    for compare in (compare_operators, partial(compare_outputs, tensors=list(model.outputs))):
        found = compare("int8", model, others(), inputs)
        assert found.verdict is BoardVerdict.IDENTICAL
        assert (found.differing, found.first, found.text) == (0, None, "identical")


def test_the_first_wrong_operator_is_named_with_all_its_values(model, inputs):
    for wrong, operator in enumerate(model.operators):
        found = compare_operators("int8", model, others(wrong=wrong, off=300), inputs)
        assert found.verdict is BoardVerdict.KERNEL
        assert found.first.operator == wrong
        assert found.first.tensor == operator.outputs[0]
        width = int(np.prod(model.tensors[operator.outputs[0]].shape))
        assert found.first.of == COUNT * width
        assert 0 < found.first.values <= found.first.of
        assert f"first at operator {wrong} {operator.op}, tensor" in found.place


def test_a_difference_that_the_outputs_hide_is_seen_in_the_operators(model, inputs):
    """One step of a hidden tensor mostly rounds away: every operator is compared by itself."""
    found = compare_operators("int8", model, others(wrong=0, off=1), inputs)
    assert found.first.operator == 0
    seen = compare_outputs("int8", model, others(wrong=0, off=1), inputs, list(model.outputs))
    assert found.differing >= seen.differing


def test_another_profile_is_named():
    model = read(build(conv_spec()))
    shape = model.tensors[model.inputs[0]].shape[1:]
    x = [np.random.default_rng(3).integers(-128, 128, (200, *shape)).astype(np.int8)]
    found = compare_operators("int8", model, others(profile=Profile.SINGLE), x)
    assert found.verdict is BoardVerdict.ROUNDING
    assert found.looks_like == ("single",)
    assert "looks like single" in found.text


def test_integers_have_no_room_and_floats_a_stated_one():
    ints = np.arange(12, dtype=np.int8).reshape(3, 4)
    assert not unequal(ints, ints).any()
    assert unequal(ints + np.int8(1), ints).all()
    assert unequal(ints.astype(np.int16), ints).all()
    floats = np.array([[1.0, 1000.0], [0.0, 0.0], [np.nan, 1.0]], np.float32)
    assert not unequal(floats, floats).any()
    near = floats.copy()
    near[0, 0] += 1000 * FLOAT_ROOM / 2
    assert not unequal(near, floats).any()
    near[0, 0] += 1000 * FLOAT_ROOM
    near[1, 0] = 1e-30
    near[2] = [1.0, np.inf]
    assert unequal(near, floats).tolist() == [[True, False], [True, False], [True, True]]


def test_float_models_are_compared_operator_by_operator():
    model = read(build(float_twin(conv_spec())))
    shape = model.tensors[model.inputs[0]].shape[1:]
    x = [np.random.default_rng(2).normal(0, 3, (20, *shape)).astype(np.float32)]
    assert computes_in_float(model)
    assert compared_tensors(model, Profile.TFLM) == model.outputs
    assert compare_operators("m", model, others(), x).verdict is BoardVerdict.IDENTICAL
    found = compare_operators("m", model, others(wrong=0, off=0.5), x)
    assert found.first.operator == 0
    assert found.first.largest == pytest.approx(0.5, rel=1e-3)


def test_conversions_of_the_file_s_own_integers_are_no_float_computation():
    assert not computes_in_float(read(build(dense_spec())))


def test_a_tie_at_run_time_may_fall_to_either_step_and_nothing_else_may():
    spec = dense_spec()
    for tensor in spec.tensors:
        if tensor.name in {"in", "h", "out", "b1", "b2"}:
            if tensor.data is not None:
                tensor.data = (tensor.data * tensor.scale[0]).astype("<f4")
            tensor.type, tensor.scale, tensor.zero_point = "FLOAT32", None, None
    model = read(build(spec))
    clear = np.array([[127, 10, -20, 30, 7, 0]], np.float32)
    tie = np.array([[127, 10.5, -20, 30, 7, 0]], np.float32)
    both = np.concatenate([clear, tie])
    tolerance = tie_tolerance(model, model.operators[0], {model.inputs[0]: both})
    # One value of step 1, and the largest weight is 127 or less times 0.01.
    assert tolerance[0] == 0
    assert 0 < tolerance[1] <= 1.27
    assert tie_tolerance(model, model.operators[0], {}) is None
    for x, verdict in ((clear, BoardVerdict.KERNEL), (tie, BoardVerdict.IDENTICAL)):
        found = compare_operators(
            "m", model, others(wrong=0, off=float(tolerance[1, 0]) * 0.9), [x]
        )
        assert found.verdict is verdict
