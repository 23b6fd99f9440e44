"""The checker on int16 activations: the bytes of mendlite's kernels, by code of its own."""

import numpy as np
import pytest

from int16_models import drawn, int16x8, int16x8_file
from mendlite.checker.evaluate import evaluate, evaluate_fast
from mendlite.checker.graph import read_graph
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.tflite.reader import read
from small_networks import deep_spec, residual_spec
from tiny_models import OpSpec, TensorSpec, build, conv_spec, dense_spec


def without_bias(spec):
    for op in spec.ops:
        op.inputs = op.inputs[:2]
    return spec


def with_softmax(spec):
    (last,) = spec.outputs
    shape = spec.tensors[last].shape
    spec.tensors.append(TensorSpec("shares", shape, "INT16", scale=[2.0**-15], zero_point=[0]))
    spec.ops.append(OpSpec("SOFTMAX", [last], [last + 1], "SoftmaxOptions", {"Beta": 1.0}))
    spec.outputs = [last + 1]
    return spec


SPECS = {
    "conv": lambda: int16x8(conv_spec()),
    "depthwise": lambda: int16x8(conv_spec(depthwise=True, filters=6)),
    "dense": lambda: with_softmax(int16x8(dense_spec(hidden=30))),
    "deep": lambda: int16x8(deep_spec(3)),
    "without bias": lambda: int16x8(without_bias(dense_spec())),
    "stated": lambda: int16x8(without_bias(dense_spec()), bias="INT32"),
    "int32 biases": lambda: int16x8(conv_spec(), bias="INT32"),
    "max pool": lambda: int16x8(residual_spec(1)),
    "average pool": lambda: int16x8(residual_spec(2)),
}


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize("name", SPECS)
def test_the_same_bytes(name, profile):
    data = build(SPECS[name]())
    model = read(data)
    x = drawn(model, 30)
    tensors = [op.outputs[0] for op in model.operators]
    ours = collect(make_runner("reference", model, profile), x, tensors)
    for run in (evaluate, evaluate_fast):
        theirs = run(read_graph(data), profile.value, x, tensors)
        for tensor in tensors:
            assert theirs[tensor].tobytes() == ours[tensor].tobytes()


def test_a_nudged_weight_is_noticed():
    spec = int16x8(conv_spec())
    x = drawn(read(build(spec)), 10)
    before = evaluate(read_graph(build(spec)), "tflm", x, [3])[3]
    spec.tensors[1].data.reshape(-1)[5] ^= 1
    after = evaluate(read_graph(build(spec)), "tflm", x, [3])[3]
    assert not np.array_equal(before, after)


@pytest.mark.parametrize("profile", ["tflm", "tflite_ref"])
def test_a_bias_that_a_kernel_would_misread_is_not_evaluated(profile):
    data = int16x8_file(conv_spec(depthwise=True), bias="INT32")
    graph, x = read_graph(data), drawn(read(data), 2)
    with pytest.raises(UnsupportedModelError, match="an int32 bias"):
        evaluate(graph, profile, x, [3])
