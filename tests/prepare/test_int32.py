"""Accumulators that leave int32 wrap on every runner alike, and such layers are not repaired."""

import numpy as np
import pytest

from mendlite.checker.evaluate import evaluate, evaluate_fast
from mendlite.checker.graph import read_graph
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.prepare.int32 import require_int32, wrapping_channels
from mendlite.replay.collect import collect
from mendlite.replay.package_profiles import reference_profile
from mendlite.replay.registry import make_runner
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec, transpose_conv_spec

TOP = 2**31 - 1
SPECS = {
    "FULLY_CONNECTED": dense_spec,
    "CONV_2D": conv_spec,
    "DEPTHWISE_CONV_2D": lambda: conv_spec(depthwise=True, filters=6),
    "TRANSPOSE_CONV": transpose_conv_spec,
}


def slots(spec):
    """(bias, output) of the first layer."""
    transposed = spec.ops[0].op == "TRANSPOSE_CONV"
    return spec.ops[0].inputs[3 if transposed else 2], spec.ops[0].outputs[0]


def with_large_bias(spec):
    """Biases at both ends of int32, and an output wide enough to show where they go."""
    bias, out = (spec.tensors[i] for i in slots(spec))
    ends = [-(2**31), TOP, TOP - 30000, -(2**31) + 9000]
    bias.data = np.resize(np.array(ends, "<i4"), bias.shape)
    ratio = 2.0**31 * 0.0003 / 100 / out.scale[0]
    return rescaled(spec, ratio)


def rescaled(spec, ratio):
    """The first output's scale times ``ratio``, and of what is in its steps."""
    out = slots(spec)[1]
    for tensor in spec.tensors[out:]:
        if tensor.scale and tensor.type != "INT8":
            tensor.scale = [s * ratio for s in tensor.scale]
    spec.tensors[out].scale = [spec.tensors[out].scale[0] * ratio]
    if spec.ops[0].op == "FULLY_CONNECTED":
        spec.tensors[-1].scale = [spec.tensors[-1].scale[0] * ratio]
    return spec


def with_large_multiplier(spec):
    """A multiplier so large that the left shift, or the zero-point behind it, leaves int32."""
    return rescaled(spec, 2.0**-14)


def values(runner, parsed, x, profile=Profile.TFLM):
    out = parsed.outputs[0]
    return collect(make_runner(runner, parsed, profile), [x], [out])[out]


def inputs(parsed, count=64):
    shape = parsed.tensors[parsed.inputs[0]].shape
    rng = np.random.default_rng(3)
    x = rng.integers(-128, 128, (count, *shape[1:])).astype(np.int8)
    x[0], x[1] = -128, 127
    return x


@pytest.mark.parametrize("change", [with_large_bias, with_large_multiplier])
@pytest.mark.parametrize("op", list(SPECS))
def test_they_wrap_as_on_other_runtimes(op, change):
    spec = change(SPECS[op]())
    parsed = read(build(spec))
    x = inputs(parsed)
    ours = values("reference", parsed, x)
    assert np.unique(ours).size > 1
    assert np.array_equal(ours, values("tflm", parsed, x))
    here = values("reference", parsed, x, reference_profile())
    assert np.array_equal(here, values("interpreter", parsed, x))


@pytest.mark.parametrize("change", [with_large_bias, with_large_multiplier])
@pytest.mark.parametrize("op", ["FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D"])
@pytest.mark.parametrize("profile", list(Profile))
def test_the_checker_wraps_alike(op, change, profile):
    data = build(change(SPECS[op]()))
    parsed = read(data)
    x, out = inputs(parsed), parsed.outputs[0]
    ours = values("reference", parsed, x, profile)
    for evaluated in (evaluate, evaluate_fast):
        theirs = evaluated(read_graph(data), profile.value, [x], [out])[out]
        assert np.array_equal(ours, theirs)


def test_a_wrapped_sum_by_hand():
    """Weights 127 and inputs 127 on a bias of 2^31 - 1: the sum wraps to -2^31."""
    spec = dense_spec(inputs=2, hidden=1, classes=1)
    spec.ops = spec.ops[:1]
    spec.ops[0].fields = {}
    spec.tensors, spec.outputs = spec.tensors[:4], [3]
    entry, weights, bias, out = spec.tensors
    entry.scale, entry.zero_point = [1.0], [0]
    weights.data, weights.scale = np.array([[127, 127]], np.int8), [1.0]
    bias.data, bias.scale = np.array([TOP], "<i4"), [1.0]
    out.scale, out.zero_point = [2.0**24], [0]
    parsed = read(build(spec))
    x = np.array([[0, 0], [127, 127]], np.int8)
    # 2^31 - 1 is 128 steps of 2^24: cut off at 127. With 2 * 127^2 more it is -128 steps.
    assert values("reference", parsed, x).tolist() == [[127], [-128]]
    assert values("tflm", parsed, x).tolist() == [[127], [-128]]


def test_the_layer_and_channel_are_named():
    spec = dense_spec()
    weights, bias = spec.tensors[1].data.astype(int), spec.tensors[2]
    # x - z goes up to 127 + 3.
    reach = int(np.abs(weights[2]).sum()) * 130
    for value, channels in (
        (TOP - reach, []), (TOP - reach + 1, [2]), (-TOP - 1 + reach, []), (-TOP + reach - 2, [2]),
    ):  # fmt: skip
        bias.data = bias.data.copy()
        bias.data[2] = value
        parsed = read(build(spec))
        assert wrapping_channels(parsed, parsed.layers[0]).tolist() == channels
    with pytest.raises(UnsupportedModelError, match="layer 0 'h': the accumulator of channel 2"):
        require_int32(parsed)


@pytest.mark.parametrize("end", [TOP, -TOP - 1])
def test_a_saturated_bias_of_a_channel_without_weights_is_no_overflow(end):
    spec = dense_spec()
    spec.tensors[1].data[1] = 0
    spec.tensors[2].data[1] = end
    require_int32(read(build(spec)))
