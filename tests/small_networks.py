"""Random small networks as pairs, and a check of bounds against concrete runs."""

from itertools import pairwise

import numpy as np

from mendlite.certify.bounds.concrete import run
from mendlite.certify.model_pair import ModelPair
from mendlite.model.rounding import Profile
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from tiny_models import OpSpec, TensorSpec, build, conv_spec, dense_spec, float_twin


def deep_spec(seed, sizes=(5, 6, 5, 4, 3)):
    """int8: dense layers with ReLU between them."""
    rng = np.random.default_rng(seed)
    spec = dense_spec(seed, *sizes[:2], sizes[2])
    for inputs, outputs in pairwise(sizes[2:]):
        last = len(spec.tensors) - 1
        weights = rng.integers(-127, 128, (outputs, inputs)).astype(np.int8)
        bias = rng.integers(-900, 900, outputs).astype("<i4")
        entry = spec.tensors[last].scale[0]
        spec.tensors += [
            TensorSpec(f"w{last}", weights.shape, data=weights, scale=[0.01], zero_point=[0]),
            TensorSpec(f"b{last}", (outputs,), "INT32", bias, scale=[entry * 0.01], zero_point=[0]),
            TensorSpec(f"y{last}", (1, outputs), scale=[0.3], zero_point=[-10]),
        ]
        spec.ops[-1].fields["FusedActivationFunction"] = 1
        spec.ops.append(
            OpSpec(
                "FULLY_CONNECTED",
                [last, last + 1, last + 2],
                [last + 3],
                "FullyConnectedOptions",
                {},
            )
        )
    spec.outputs = [len(spec.tensors) - 1]
    return spec


def residual_spec(seed):
    """int8: a convolution, its input added to it, a pool and a mean."""
    spec = conv_spec(seed, size=(4, 4), channels=2, filters=2, kernel=(3, 3))
    spec.tensors += [
        TensorSpec("sum", (1, 4, 4, 2), scale=[0.08], zero_point=[-5]),
        TensorSpec("pool", (1, 2, 2, 2), scale=[0.08], zero_point=[-5]),
        TensorSpec("axes", (2,), "INT32", np.array([1, 2], "<i4")),
        TensorSpec("mean", (1, 2), scale=[0.05], zero_point=[7]),
    ]
    pool = {"StrideW": 2, "StrideH": 2, "FilterWidth": 2, "FilterHeight": 2, "Padding": 1}
    kind = "MAX_POOL_2D" if seed % 2 else "AVERAGE_POOL_2D"
    spec.ops += [
        OpSpec("ADD", [3, 0], [4], "AddOptions", {"FusedActivationFunction": seed % 3 % 2}),
        OpSpec(kind, [4], [5], "Pool2DOptions", pool),
        OpSpec("MEAN", [5, 6], [7], "ReducerOptions", {"KeepDims": False}),
    ]
    spec.outputs = [7]
    return spec


def spec_of(seed):
    """One of five shapes of network."""
    return (
        lambda: dense_spec(seed),
        lambda: deep_spec(seed),
        lambda: conv_spec(seed, size=(4, 5), kernel=(2, 2), activation=seed % 4),
        lambda: conv_spec(seed, size=(4, 4), depthwise=True, filters=6, stride=(2, 1)),
        lambda: residual_spec(seed),
    )[seed % 5]()


def models_of(spec, profile=Profile.TFLM, first=None):
    """The float twin of ``spec`` (or ``first``) against it."""
    one = float_twin(spec) if first is None else first
    return ModelPair.of(read(build(one)), read(build(spec)), profile)


def drawn_box(models, rng):
    """A ball of a random radius round a random input."""
    count = models.networks.first.inputs
    x, radius = rng.integers(-128, 128, count), int(rng.choice([0, 1, 4, 20, 90]))
    return models.box(np.clip(x - radius, -128, 127), np.clip(x + radius, -128, 127))


def points(box, rng, count):
    """Corners and inner points of a box."""
    shape = (count, box.low.size)
    inner = rng.integers(box.low, box.high + 1, shape)
    corners = np.where(rng.random(shape) < 0.5, box.low, box.high)
    return np.where(rng.random((count, 1)) < 0.5, inner, corners)


def traces(models, box, x):
    """Float values in float64 and int8 values by the kernels, of every node's output."""
    first = run(models.networks.first, box.values(x)).tensors[1:]
    model = models.second
    ends = [operator.outputs[0] for operator in model.operators]
    entry = model.tensors[model.inputs[0]]
    runner = ReferenceRunner(model=model, profile=models.profile, workers=1)
    parts = list(runner.run([x.astype(np.int8).reshape(-1, *entry.shape[1:])], ends))
    second = []
    for end in ends:
        values = np.concatenate([part[end] for part in parts]).reshape(len(x), -1)
        quant = model.tensors[end].quant
        second.append((values.astype(np.float64) - quant.zero_point[0]) * quant.scale[0])
    return first, second


def outside(bounds, first, second):
    """Values that leave their bounds, over all nodes."""
    count = 0
    for triple, f, q in zip(bounds.tensors[1:], first, second, strict=True):
        for values, box in ((f, triple.first), (q, triple.second), (q - f, triple.difference)):
            count += int(((values < box.lower) | (values > box.upper)).sum())
    return count


def tiny_models(seed, radius=2, hidden=(3, 3)):
    """Two inputs, two outputs, a hidden layer or two, and a box whose inputs can be enumerated."""
    spec = deep_spec(seed, (2, *hidden, 2))
    models = models_of(spec)
    centre = np.random.default_rng(seed).integers(-60, 60, 2)
    return models, models.box(centre - radius, centre + radius)


def calibrated_on_other_data(spec, tensor, factor, zero_point=None):
    """The network with a range ``factor`` times as wide at one activation, biases following."""
    entry = spec.tensors[tensor]
    entry.scale = [entry.scale[0] * factor]
    if zero_point is not None:
        entry.zero_point = [zero_point]
    for op in spec.ops:
        if op.op in {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"} and op.inputs[0] == tensor:
            bias = spec.tensors[op.inputs[2]]
            bias.data = np.rint(bias.data / factor).astype("<i4")
            bias.scale = [scale * factor for scale in bias.scale]
    return spec


def with_uint8_ends(spec):
    """The network behind a QUANTIZE from uint8, and before one to uint8."""
    (source,), (end,) = spec.inputs, spec.outputs
    ends = [
        TensorSpec(
            f"{name}_u8", spec.tensors[t].shape, "UINT8", scale=list(spec.tensors[t].scale),
            zero_point=[spec.tensors[t].zero_point[0] + 128],
        )
        for name, t in (("in", source), ("out", end))
    ]  # fmt: skip
    first, last = len(spec.tensors), len(spec.tensors) + 1
    spec.tensors += ends
    spec.ops = [OpSpec("QUANTIZE", [first], [source]), *spec.ops, OpSpec("QUANTIZE", [end], [last])]
    spec.inputs, spec.outputs = [first], [last]
    return spec
