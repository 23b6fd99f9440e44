"""Small float networks, and int8 files made from them by code of ours: well, or badly on purpose."""

from dataclasses import replace

import numpy as np

from mendlite.api.cases import Given, case_of
from mendlite.case.recipe import Preprocessing
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.tflite.reader import read
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

SAME = {"RESHAPE", "AVERAGE_POOL_2D", "MAX_POOL_2D", "CONCATENATION"}
"""Operators whose inputs and outputs have one scale."""


class Net:
    """A float network, built operator by operator from its input on."""

    def __init__(self, *shape, seed=0):
        self.rng = np.random.default_rng(seed)
        self.spec = ModelSpec([TensorSpec("in", (1, *shape), "FLOAT32")], [], [0], [0])
        self.last = 0

    def tensor(self, name, shape, data=None, kind="FLOAT32"):
        self.spec.tensors.append(TensorSpec(name, shape, kind, data))
        return len(self.spec.tensors) - 1

    def operator(self, op, inputs, shape, options="", **fields):
        self.last = self.tensor(f"t{len(self.spec.tensors)}", shape)
        self.spec.ops.append(OpSpec(op, inputs, [self.last], options, fields))
        self.spec.outputs = [self.last]
        return self.last

    def dense(self, outputs, *, source=None, relu=True, gain=1.0, rows=None, bias=None):
        """``rows`` f64[outputs] are factors of the channels."""
        source = self.last if source is None else source
        width = self.spec.tensors[source].shape[1]
        w = self.rng.normal(0, gain / np.sqrt(width), (outputs, width))
        w = (w * (np.ones(outputs) if rows is None else np.asarray(rows))[:, None]).astype("<f4")
        b = self.rng.normal(0, 0.1 * gain, outputs) if bias is None else bias
        inputs = [
            source,
            self.tensor("w", w.shape, w),
            self.tensor("b", (outputs,), np.asarray(b, "<f4")),
        ]
        return self.operator("FULLY_CONNECTED", inputs, (1, outputs), "FullyConnectedOptions",
                             FusedActivationFunction=int(relu))  # fmt: skip

    def conv(self, filters, *, rows=None):
        """3 x 3, stride 1, SAME, ReLU."""
        _, height, width, channels = self.spec.tensors[self.last].shape
        w = self.rng.normal(0, 0.5, (filters, 3, 3, channels))
        factors = np.ones(filters) if rows is None else np.asarray(rows)
        w = (w * factors[:, None, None, None]).astype("<f4")
        b = self.rng.normal(0, 0.1, filters).astype("<f4") * factors.astype("<f4")
        inputs = [self.last, self.tensor("w", w.shape, w), self.tensor("b", (filters,), b)]
        return self.operator("CONV_2D", inputs, (1, height, width, filters), "Conv2DOptions",
                             Padding=0, StrideW=1, StrideH=1, DilationWFactor=1,
                             DilationHFactor=1, FusedActivationFunction=1)  # fmt: skip

    def pool(self):
        """The average over the whole image."""
        _, height, width, channels = self.spec.tensors[self.last].shape
        return self.operator("AVERAGE_POOL_2D", [self.last], (1, 1, 1, channels), "Pool2DOptions",
                             StrideW=1, StrideH=1, FilterWidth=width, FilterHeight=height,
                             Padding=1)  # fmt: skip

    def flat(self):
        size = int(np.prod(self.spec.tensors[self.last].shape[1:]))
        shape = self.tensor("shape", (2,), np.array([-1, size], "<i4"), "INT32")
        return self.operator("RESHAPE", [self.last, shape], (1, size), "ReshapeOptions",
                             NewShape=(-1, size))  # fmt: skip

    def join(self, parts):
        """The parts along the last axis."""
        width = sum(self.spec.tensors[t].shape[1] for t in parts)
        return self.operator("CONCATENATION", parts, (1, width), "ConcatenationOptions", Axis=1)

    def softmax(self):
        shape = self.spec.tensors[self.last].shape
        return self.operator("SOFTMAX", [self.last], shape, "SoftmaxOptions", Beta=1.0)

    def outputs(self, x):
        model = read(build(self.spec))
        runner = make_runner("reference", model, Profile.TFLM)
        return collect(runner, [x], [self.last])[self.last]


def quantized(net, x, *, per_channel=True, ranges=None, weight_scales=None):
    """The int8 file's spec, calibrated on ``x``.

    ``ranges`` replaces the ranges of some tensors, {number: (low, high)}; ``weight_scales`` those of
    weights, {number: scales}.
    """
    spec = net.spec
    found = _ranges(spec, x) | (ranges or {})
    for op in spec.ops:
        if op.op in SAME:
            tensors = [t for t in (*op.inputs, *op.outputs) if t in found]
            ends = [found[t] for t in tensors]
            found |= dict.fromkeys(tensors, (min(e[0] for e in ends), max(e[1] for e in ends)))
    tensors = [_activation(t, found.get(i)) for i, t in enumerate(spec.tensors)]
    for op in spec.ops:
        if op.op == "SOFTMAX":
            tensors[op.outputs[0]] = replace(
                tensors[op.outputs[0]], scale=[1 / 256], zero_point=[-128]
            )
        elif op.op in {"FULLY_CONNECTED", "CONV_2D"}:
            source, weights, bias = op.inputs
            given = (weight_scales or {}).get(weights)
            tensors[weights], tensors[bias] = _layer(
                spec.tensors[weights], spec.tensors[bias], tensors[source].scale[0],
                per_channel=per_channel, given=given,
            )  # fmt: skip
    return ModelSpec(tensors, spec.ops, spec.inputs, spec.outputs)


def _ranges(spec, x):
    model = read(build(spec))
    inner = [op.outputs[0] for op in spec.ops]
    values = collect(make_runner("reference", model, Profile.TFLM), [x], inner) | {0: x}
    return {t: (min(0.0, float(v.min())), max(0.0, float(v.max()))) for t, v in values.items()}


def _activation(tensor, ends):
    if ends is None:
        return tensor
    scale = float(np.float32((ends[1] - ends[0]) / 255))
    zero = int(np.clip(np.rint(-128 - ends[0] / scale), -128, 127))
    return TensorSpec(tensor.name, tensor.shape, "INT8", scale=[scale], zero_point=[zero])


def _layer(weights, bias, source, *, per_channel, given):
    flat = np.abs(weights.data.reshape(len(weights.data), -1)).max(axis=1).astype(np.float64)
    largest = flat if per_channel else flat.max(keepdims=True)
    scale = np.float32(np.maximum(largest, 1e-12) / 127) if given is None else np.float32(given)
    wide = scale.astype(np.float64).reshape(-1, *[1] * (weights.data.ndim - 1))
    stored = np.clip(np.rint(weights.data / wide), -127, 127).astype(np.int8)
    unit = source * scale.astype(np.float64)
    steps = np.clip(np.rint(bias.data.astype(np.float64) / unit), -(2**31) + 1, 2**31 - 1)
    zeros = [0] * scale.size
    return (
        TensorSpec("w", weights.shape, data=stored, scale=list(scale), zero_point=zeros),
        TensorSpec("b", bias.shape, "INT32", steps.astype("<i4"),
                   scale=list(unit.astype(np.float32)), zero_point=zeros),
    )  # fmt: skip


def case_from(net, int8, x, task="classification"):
    """The case of a float network and an int8 spec."""
    return case_of(
        Given(int8=build(int8), float_model=build(net.spec), samples=x, labels=None, task=task,
              preprocessing=Preprocessing()),
        repairs=True,
    )  # fmt: skip
