"""Repairs of models whose operators copy, compare or bend values between the layers."""

import numpy as np
import pytest

from digits_case import OPTIONS, PATHS
from interpreted_models import values
from mendlite.jobs.repair import repair
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.channel_groups import channel_groups
from mendlite.tflite.reader import read
from mendlite.tflite.scale_groups import scale_groups
from small_targets import write_target
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

TABLE = '[task]\nkind = "regression"\n'


def maxout_spec(seed=0):
    """int8: dense, LEAKY_RELU, the larger of both halves, dense."""
    rng = np.random.default_rng(seed)
    first = rng.integers(-127, 128, (6, 8)).astype(np.int8)
    last = rng.integers(-127, 128, (4, 3)).astype(np.int8)
    tensors = [
        values("in", (1, 8), scale=[0.05], zero_point=[-3]),
        TensorSpec("w1", first.shape, data=first, scale=[0.01], zero_point=[0]),
        values("h", (1, 6), zero_point=[4]),
        values("leaky", (1, 6), zero_point=[-90]),
        TensorSpec("axis", (), "INT32", np.array(1, "<i4")),
        values("a", (1, 3), zero_point=[-90]),
        values("b", (1, 3), zero_point=[-90]),
        values("largest", (1, 3), zero_point=[-90]),
        TensorSpec("w2", last.shape, data=last, scale=[0.02], zero_point=[0]),
        values("out", (1, 4), scale=[0.4], zero_point=[5]),
    ]
    ops = [
        OpSpec("FULLY_CONNECTED", [0, 1, -1], [2], "FullyConnectedOptions", {}),
        OpSpec("LEAKY_RELU", [2], [3], "LeakyReluOptions", {"Alpha": 0.2}),
        OpSpec("SPLIT", [4, 3], [5, 6], "SplitOptions", {"NumSplits": 2}),
        OpSpec("MAXIMUM", [5, 6], [7], "MaximumMinimumOptions"),
        OpSpec("FULLY_CONNECTED", [7, 8, -1], [9], "FullyConnectedOptions", {}),
    ]
    return ModelSpec(tensors, ops, [0], [9])


def frozen_of(spec, tensor):
    return next(g for g in scale_groups(read(build(spec))) if tensor in g.tensors)


def test_what_is_copied_and_compared_shares_its_range():
    assert frozen_of(maxout_spec(), 3).tensors == (3, 5, 6, 7)
    assert frozen_of(maxout_spec(), 3).frozen is None
    assert frozen_of(maxout_spec(), 2).frozen is None


def test_ends_of_different_parameters_stay():
    spec = maxout_spec()
    spec.tensors[6].scale = [0.2]
    assert "SPLIT takes values as they are, and its ends have" in frozen_of(spec, 3).frozen


def test_what_is_compared_with_a_constant_stays():
    spec = maxout_spec()
    spec.ops[3].inputs = [5, 10]
    spec.tensors.append(
        values("zero", (1, 3), zero_point=[-90], data=np.full((1, 3), -90, np.int8))
    )
    assert "MAXIMUM takes the values of a constant" in frozen_of(spec, 7).frozen


def chosen_spec(*, compared):
    """The larger of both halves by GREATER and SELECT_V2, or those that a constant chooses."""
    spec = maxout_spec()
    truth = None if compared else np.array([[True, False, True]])
    spec.tensors.append(TensorSpec("chosen", (1, 3), "BOOL", truth))
    spec.ops[3] = OpSpec("SELECT_V2", [10, 5, 6], [7], "SelectV2Options")
    if compared:
        spec.ops.insert(3, OpSpec("GREATER", [5, 6], [10], "GreaterOptions"))
    return spec


def test_what_is_selected_shares_its_range():
    group = frozen_of(chosen_spec(compared=False), 3)
    assert group.tensors == (3, 5, 6, 7)
    assert group.frozen is None


def test_what_a_comparison_rescales_keeps_its_range():
    group = frozen_of(chosen_spec(compared=True), 3)
    assert group.tensors == (3, 5, 6, 7)
    assert group.frozen == "operator 3 GREATER fixes its parameters"


def test_a_positive_factor_passes_leaky_relu():
    spec = maxout_spec()
    spec.ops = [
        *spec.ops[:2],
        OpSpec("FULLY_CONNECTED", [3, 8, -1], [9], "FullyConnectedOptions", {}),
    ]
    spec.tensors[8].shape, spec.tensors[8].data = (4, 6), np.ones((4, 6), np.int8)
    (group,) = channel_groups(read(build(spec)))
    assert (group.producers, group.consumers, group.rounded) == ((0,), (1,), (3,))


@pytest.mark.parametrize("strategy", ["auto"])
def test_such_a_model_is_repaired_by_our_kernels(tmp_path, strategy):
    write_target(tmp_path, maxout_spec, TABLE)
    case = load_case(str(tmp_path), OPTIONS)
    found = repair(case, Settings.of(strategy), PATHS)
    figures = found.report.validation
    assert figures.repaired.failing < figures.int8.failing
    assert figures.repaired.loss < figures.int8.loss * 0.75
    assert not found.report.interpreted
    assert found.report.host_only == ()
    assert found.report.second_opinion.confirmed
