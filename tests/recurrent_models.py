"""Small models with recurrent layers: an LSTM and a dense layer."""

import numpy as np

from mendlite.model.rounding import MICRO
from mendlite.model.rows import sample_shape
from tiny_models import ModelSpec, OpSpec, TensorSpec

WEIGHTS, RECURRENT, BIASES = range(1, 5), range(5, 9), range(12, 16)
TANH = 4


def lstm_spec(
    seed=0, *, steps=7, inputs=5, cells=6, classes=4, zero_point=0, hidden_scale=1 / 128,
    power=-12, clip=0.0, size=1.0, samples=1,
):  # fmt: skip
    """int8: an LSTM over ``steps`` steps, and a dense layer on all its outputs."""
    rng = np.random.default_rng(seed)
    state = {"scale": [hidden_scale], "zero_point": [zero_point]}
    tensors = [TensorSpec("in", (samples, steps, inputs), scale=[0.02], zero_point=[-7])]
    slots = [-1] * 24
    slots[0] = 0
    for slot in (*WEIGHTS, *RECURRENT):
        width = inputs if slot in WEIGHTS else cells
        scale = size * rng.uniform(0.006, 0.012)
        slots[slot] = len(tensors)
        tensors.append(
            TensorSpec(f"w{slot}", (cells, width), scale=[scale], zero_point=[0],
                       data=rng.integers(-127, 128, (cells, width)).astype(np.int8))
        )  # fmt: skip
    for slot, weights in zip(BIASES, WEIGHTS, strict=True):
        scale = 0.02 * tensors[slots[weights]].scale[0]
        slots[slot] = len(tensors)
        tensors.append(
            TensorSpec(f"b{slot}", (cells,), "INT32", scale=[scale], zero_point=[0],
                       data=rng.integers(-4000, 4000, cells).astype("<i4"))
        )  # fmt: skip
    first = len(tensors)
    slots[18], slots[19] = first, first + 1
    tensors += [
        TensorSpec("h", (samples, cells), is_variable=True, **state),
        TensorSpec("c", (samples, cells), "INT16", scale=[2.0**power], zero_point=[0], is_variable=True),
        TensorSpec("i0", (0,), "FLOAT32"),
        TensorSpec("hidden", (0,), **state),
        TensorSpec("steps", (samples, steps, cells), **state),
        TensorSpec("shape", (2,), "INT32", np.array([samples, steps * cells], "<i4")),
        TensorSpec("flat", (samples, steps * cells), **state),
        TensorSpec("w", (classes, steps * cells), scale=[0.01], zero_point=[0],
                   data=rng.integers(-127, 128, (classes, steps * cells)).astype(np.int8)),
        TensorSpec("b", (classes,), "INT32", scale=[0.01 * hidden_scale], zero_point=[0],
                   data=rng.integers(-900, 900, classes).astype("<i4")),
        TensorSpec("out", (samples, classes), scale=[0.06], zero_point=[3]),
    ]  # fmt: skip
    ops = [
        OpSpec("UNIDIRECTIONAL_SEQUENCE_LSTM", slots, [first + 4],
               "UnidirectionalSequenceLSTMOptions",
               {"FusedActivationFunction": TANH, "CellClip": clip},
               intermediates=(first + 2,) * 4 + (first + 3,)),
        OpSpec("RESHAPE", [first + 4, first + 5], [first + 6]),
        OpSpec("FULLY_CONNECTED", [first + 6, first + 7, first + 8], [first + 9],
               "FullyConnectedOptions"),
    ]  # fmt: skip
    return ModelSpec(tensors, ops, [0], [first + 9])


FORMS = {
    "plain": {},
    "one step": {"steps": 1},
    "zero-point": {"zero_point": 9, "hidden_scale": 0.0081},
    "saturating": {"size": 40.0},
    "coarse cell state": {"power": -9},
    "fine cell state": {"power": -15, "size": 3.0},
    "limited cell state": {"clip": 0.4, "size": 3.0},
    "many steps": {"steps": 24, "cells": 24, "hidden_scale": 0.0047, "size": 5.0},
    "clipped outputs": {"hidden_scale": 0.002, "size": 3.0},
    "three sequences": {"samples": 3},
}


def drawn(model, count=80, seed=3):
    """Inputs over all of their type, and near 0."""
    rng, entry = np.random.default_rng(seed), model.tensors[0]
    low, high = entry.dtype.ends
    values = rng.integers(low, high + 1, (count, *sample_shape(entry)))
    values[::2] = values[::2] // 16
    return [values.astype(entry.dtype.numpy)]


LACKING = {
    "its first axis are the steps": lambda spec: spec.ops[0].fields.update(TimeMajor=True),
    "its activation is RELU": lambda spec: spec.ops[0].fields.update(FusedActivationFunction=1),
    "it has peepholes": lambda spec: spec.ops[0].inputs.__setitem__(9, spec.ops[0].inputs[12]),
    "none of 2^-15": lambda spec: setattr(spec.tensors[spec.ops[0].inputs[19]], "scale", [2.0**-5]),
    "a gate's sum may leave int32": lambda spec: setattr(
        spec.tensors[spec.ops[0].inputs[12]], "data", np.full(6, 2**31 - 5, "<i4")
    ),
    "quantized otherwise": lambda spec: setattr(
        spec.tensors[spec.ops[0].inputs[18]], "scale", [0.02]
    ),
}


INT16_FORMS = {name: form for name, form in FORMS.items() if name != "zero-point"}
INT16_PROFILES = MICRO
"""LiteRT has no LSTM of int16 inputs."""


def int16_lstm_spec(**form):
    """``lstm_spec`` with int16 activations and int64 biases, their steps 128 times finer."""
    spec = lstm_spec(**form)
    for tensor in spec.tensors:
        if tensor.data is None and tensor.type == "INT8":
            tensor.type, tensor.zero_point = "INT16", [0]
            tensor.scale = [scale / 128 for scale in tensor.scale]
        elif tensor.data is not None and tensor.scale is not None and tensor.type == "INT32":
            tensor.type, tensor.data = "INT64", 128 * tensor.data.astype("<i8")
            tensor.scale = [scale / 128 for scale in tensor.scale]
    return spec


def _without_int64_biases(spec):
    for slot in BIASES:
        bias = spec.tensors[spec.ops[0].inputs[slot]]
        bias.type, bias.data = "INT32", bias.data.astype("<i4")


INT16_LACKING = {
    "INT32": _without_int64_biases,
    "has a zero-point": lambda spec: setattr(spec.tensors[0], "zero_point", [3]),
    "a gate's sum may leave int32": lambda spec: setattr(
        spec.tensors[spec.ops[0].inputs[12]], "data", np.full(6, 2**47, "<i8")
    ),
}
