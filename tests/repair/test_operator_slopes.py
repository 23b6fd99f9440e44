"""Each operator's slopes against finite differences of the float network that it quantizes."""

import numpy as np
import pytest

from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.repair.learning.registry import SLOPES
from mendlite.repair.learning.route import blocked, find_route
from mendlite.replay.reference.execute import prepare, run_operators
from mendlite.tflite.logits import real_values
from mendlite.tflite.reader import read
from tiny_models import (
    ModelSpec,
    OpSpec,
    TensorSpec,
    build,
    conv_spec,
    dense_spec,
    float_twin,
    transpose_conv_spec,
)

SAMPLES = 3
SHAPE = (1, 4, 6, 2)
POOL = {"StrideW": 2, "StrideH": 2, "FilterWidth": 3, "FilterHeight": 2, "Padding": 0}


def alone(op, output, *constants, inputs=1, options="", fields=None, scale=0.06, zero=-20):
    """One operator of one or two int8 inputs and further constants."""
    tensors = [
        TensorSpec(f"x{i}", SHAPE, scale=[0.05 - 0.02 * i], zero_point=[4 - i])
        for i in range(inputs)
    ]
    tensors += [TensorSpec(f"c{i}", c.shape, "INT32", c) for i, c in enumerate(constants)]
    tensors.append(TensorSpec("y", output, scale=[scale], zero_point=[zero]))
    last = len(tensors) - 1
    return ModelSpec(
        tensors, [OpSpec(op, list(range(last)), [last], options, fields or {})],
        list(range(inputs)), [last],
    )  # fmt: skip


def ints(*values):
    return np.array(values, "<i4")


def same_scale(spec):
    """Pools and operators that move values keep scale and zero-point."""
    spec.tensors[-1].scale, spec.tensors[-1].zero_point = [0.05], [4]
    return spec


def dense(activation=0):
    spec = dense_spec()
    spec.tensors, spec.ops, spec.outputs = spec.tensors[:4], spec.ops[:1], [3]
    spec.tensors[3].zero_point = [-10]
    spec.ops[0].fields["FusedActivationFunction"] = activation
    return spec


def hybrid(spec):
    """The same layer with float activations: dynamic range."""
    for place in (0, 2, 3):
        tensor = spec.tensors[place]
        if tensor.data is not None:
            tensor.data = (tensor.data * np.float32(1e-3)).astype("<f4")
        tensor.type, tensor.scale, tensor.zero_point = "FLOAT32", None, None
    return spec


CASES = {
    "dense, hybrid": hybrid(dense()),
    "conv, hybrid": hybrid(conv_spec(activation=0)),
    "depthwise, hybrid": hybrid(conv_spec(depthwise=True, filters=3, activation=0)),
    "dense": dense(),
    "dense, relu": dense(1),
    "conv": conv_spec(activation=0),
    "conv, relu6": conv_spec(activation=3),
    "conv, strides": conv_spec(stride=(2, 3), activation=0),
    "conv, valid, dilated": conv_spec(padding=1, dilation=(2, 1), activation=0),
    "conv, pointwise": conv_spec(kernel=(1, 1), activation=0),
    "depthwise": conv_spec(depthwise=True, filters=6, activation=0),
    "depthwise, strides": conv_spec(depthwise=True, filters=3, stride=(2, 1), activation=1),
    "add": alone("ADD", SHAPE, inputs=2, options="AddOptions"),
    "sub": alone("SUB", SHAPE, inputs=2, options="SubOptions"),
    "mul": alone("MUL", SHAPE, inputs=2, options="MulOptions", scale=0.2),
    "average": same_scale(
        alone("AVERAGE_POOL_2D", (1, 2, 3, 2), options="Pool2DOptions", fields=POOL)
    ),
    "largest": same_scale(alone("MAX_POOL_2D", (1, 2, 3, 2), options="Pool2DOptions", fields=POOL)),
    "mean": alone("MEAN", (1, 2), ints(1, 2), options="ReducerOptions"),
    "relu": alone("RELU", SHAPE),
    "relu6": alone("RELU6", SHAPE),
    "logistic": alone("LOGISTIC", SHAPE, scale=1 / 256, zero=-128),
    "tanh": alone("TANH", SHAPE, scale=1 / 128, zero=0),
    "softmax": alone(
        "SOFTMAX", SHAPE, options="SoftmaxOptions", fields={"Beta": 1.0}, scale=1 / 256, zero=-128
    ),
    "reshape": same_scale(alone("RESHAPE", (1, 48), ints(1, 48), options="ReshapeOptions")),
    "pad": same_scale(
        alone("PAD", (1, 5, 9, 2), ints(0, 0, 1, 0, 2, 1, 0, 0).reshape(4, 2), options="PadOptions")
    ),
    "transpose": same_scale(
        alone("TRANSPOSE", (1, 6, 2, 4), ints(0, 2, 3, 1), options="TransposeOptions")
    ),
    "leaky relu": alone(
        "LEAKY_RELU", SHAPE, options="LeakyReluOptions", fields={"Alpha": 0.25}
    ),
    "slice": same_scale(alone("SLICE", (1, 2, 3, 2), ints(0, 1, 2, 0), ints(1, 2, 3, 2))),
    "reverse": same_scale(alone("REVERSE_V2", SHAPE, ints(2))),
    "tile": same_scale(alone("TILE", (1, 4, 12, 4), ints(1, 1, 2, 2))),
    "broadcast": same_scale(alone("BROADCAST_TO", (3, *SHAPE[1:]), ints(3, 4, 6, 2))),
    "space to depth": same_scale(
        alone("SPACE_TO_DEPTH", (1, 2, 3, 8), options="SpaceToDepthOptions", fields={"BlockSize": 2})
    ),
    "mirror": same_scale(
        alone("MIRROR_PAD", (1, 7, 6, 2), ints(0, 0, 1, 2, 0, 0, 0, 0).reshape(4, 2),
              options="MirrorPadOptions", fields={"Mode": 0})
    ),
    "nearest": same_scale(
        alone("RESIZE_NEAREST_NEIGHBOR", (1, 7, 9, 2), ints(7, 9),
              options="ResizeNearestNeighborOptions")
    ),
    "concatenation": alone(
        "CONCATENATION", (1, 4, 6, 4), inputs=2, options="ConcatenationOptions",
        fields={"Axis": 3},
    ),
}  # fmt: skip
CASES["concatenation"].tensors[1].scale = CASES["concatenation"].tensors[2].scale = [0.05]
CASES["concatenation"].tensors[1].zero_point = CASES["concatenation"].tensors[2].zero_point = [4]


def stored_inputs(model, rng):
    """Inputs without two equal values in a sample: the largest of a window is one value."""
    return {
        t: np.stack([
            (rng.permutation(256)[: model.tensors[t].elements] - 128).reshape(
                model.tensors[t].shape[1:]
            )
            for _ in range(SAMPLES)
        ]).astype(np.int8)
        for t in model.inputs
        if model.tensors[t].dtype is DType.INT8
    } | {
        t: rng.normal(size=(SAMPLES, *model.tensors[t].shape[1:])).astype(np.float32)
        for t in model.inputs
        if model.tensors[t].dtype is DType.FLOAT32
    }  # fmt: skip


def run(model, values):
    program, kept = prepare(model, Profile.TFLITE_REF), dict(values)
    run_operators(program, kept, range(len(model.operators)), set(range(len(model.tensors))))
    return kept[model.outputs[0]]


@pytest.mark.parametrize("name", CASES)
def test_slopes_are_those_of_the_float_network(name):
    spec, rng = CASES[name], np.random.default_rng(1)
    model, twin = read(build(spec)), read(build(float_twin(spec)))
    (operator,) = model.operators
    values = stored_inputs(model, rng)
    output = run(model, values)
    real = {t: real_values(model, t, x).astype(np.float32) for t, x in values.items()}
    low, high = float(output.min()), float(output.max())
    # Near its clamp the float network's output has a kink, and int8 may lie on its other side.
    far = (output > low + 1) & (output < high - 1)
    weight = (rng.normal(size=output.shape) * far).astype(np.float32)
    slots = frozenset(
        slot
        for slot, t in enumerate(operator.inputs)
        if model.tensors[t].dtype in (DType.INT8, DType.FLOAT32)
    ) | ({2} if model.layers else frozenset())
    program = prepare(model, Profile.TFLITE_REF)
    backward = SLOPES[operator.op](program.context(0), slots)
    arrays = [values.get(t, model.tensors[t].data) for t in operator.inputs]
    slopes = backward(arrays, output, weight)
    assert set(slopes) == slots
    for slot, own in slopes.items():
        tensor = operator.inputs[slot]
        direction = rng.choice([-1.0, 1.0], own.shape).astype(np.float32)
        expected = differences(twin, tensor, real, weight, direction)
        ours = directional(own, direction, model.tensors[tensor], is_constant=tensor not in values)
        assert ours == pytest.approx(expected, rel=0.02, abs=0.02), (name, slot)


def differences(twin, tensor, real, weight, direction):
    """A central difference of sum(weight * output) along a direction of ``tensor``."""
    by, ends = 2.0**-7, []
    for sign in (1, -1):
        if tensor in real:
            moved = {**real, tensor: real[tensor] + np.float32(sign * by) * direction}
            output = run(twin, moved)
        else:
            whole = twin.tensors[tensor].constant() + np.float32(sign * by) * direction
            output = run(twin.with_float_constants({tensor: whole}), real)
        ends.append(float((weight.astype(np.float64) * output).sum()))
    return (ends[0] - ends[1]) / (2 * by)


def directional(slopes, direction, tensor, *, is_constant):
    """The slope along a direction of real values; constants' slopes are by stored steps."""
    scale = np.ones(1)
    if is_constant and tensor.dtype is not DType.FLOAT32:
        scale = np.asarray(tensor.quant.scale)
        if scale.size > 1 and slopes.ndim > 1:
            shape = [1] * slopes.ndim
            shape[tensor.quant.axis] = scale.size
            scale = scale.reshape(shape)
    return float((slopes.astype(np.float64) / scale * direction).sum())


def test_an_operator_without_a_derivative_is_named():
    spec = transpose_conv_spec()
    model = read(build(spec))
    route = find_route(model, model.layers, model.outputs)
    assert blocked(model, route) == "operator 0 TRANSPOSE_CONV: its derivative is not implemented"


def test_what_lies_before_the_edited_layers_needs_no_derivative():
    model = read(build(dense_spec()))
    route = find_route(model, model.layers[1:], model.outputs)
    assert [(o.index, slots) for o, slots in route.stops] == [(1, {1, 2})]
    assert find_route(model, model.layers, (3,)).sought == {1, 2}
    nowhere = find_route(model, model.layers[1:], (3,))
    assert blocked(model, nowhere) == "the compared values depend on no layer that may change"


def test_a_shape_that_is_computed_is_not_on_the_route():
    spec = dense_spec()
    spec.tensors += [
        TensorSpec("shape", (2,), "INT32"),
        TensorSpec("reshaped", (1, 3), scale=[0.4], zero_point=[5]),
    ]
    spec.ops += [
        OpSpec("SHAPE", [6], [7], "ShapeOptions", {"OutType": 2}),
        OpSpec("RESHAPE", [6, 7], [8], "ReshapeOptions"),
    ]
    spec.outputs = [8]
    model = read(build(spec))
    route = find_route(model, model.layers, model.outputs)
    assert blocked(model, route) is None
    assert [o.op for o, _ in route.stops] == ["FULLY_CONNECTED", "FULLY_CONNECTED", "RESHAPE"]
    assert route.stops[-1][1] == {0}
