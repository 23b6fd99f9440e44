"""Small models with int16 activations and int8 weights, and what each installed runtime makes of them."""

import numpy as np

from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from tiny_models import build

LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
RUNTIMES = {runtime.name: runtime for runtime in installed()}
FINER = 200
"""An int16 step is so much finer than the int8 step of the spec."""


def int16x8(spec, *, bias="INT64"):
    """The int8 spec with int16 activations; biases of the type ``bias``."""
    weights = {op.inputs[1] for op in spec.ops if op.op in LAYERS}
    biases = {op.inputs[-1] for op in spec.ops if op.op in LAYERS and len(op.inputs) > 2}
    for index, tensor in enumerate(spec.tensors):
        if index in biases and tensor.type == "INT32" and tensor.scale is not None:
            kind = "<i8" if bias == "INT64" else "<i4"
            tensor.type, tensor.data = bias, (tensor.data.astype(kind) * FINER).astype(kind)
            tensor.scale = [scale / FINER for scale in tensor.scale]
        elif index not in weights and tensor.type == "INT8":
            tensor.type, tensor.zero_point = "INT16", [0]
            tensor.scale = [scale / FINER for scale in tensor.scale]
    if bias == "INT32":
        for op in spec.ops:
            if op.op in LAYERS and op.op != "DEPTHWISE_CONV_2D":
                op.fields["QuantizedBiasType"] = 2
    return spec


def int16x8_file(spec, *, bias="INT64"):
    """Its bytes."""
    return build(int16x8(spec, bias=bias))


def drawn(model, count=6, seed=0):
    """Inputs of the model: some over all of int16, some near 0."""
    rng = np.random.default_rng(seed)
    inputs = []
    for index in model.inputs:
        tensor = model.tensors[index]
        low, high = tensor.dtype.ends
        shape = (count, *tensor.shape[1:])
        values = rng.integers(low, high + 1, shape)
        values[::2] = np.clip(rng.normal(0, high / 12, shape), low, high)[::2]
        inputs.append(values.astype(tensor.dtype.numpy))
    return inputs


def differing(model, runtime, inputs):
    """The integer tensors that our kernels compute otherwise than a runtime, under its profile."""
    written = [t for o in model.operators for t in o.outputs]
    tensors = [t for t in written if model.tensors[t].dtype.numpy.kind in "iu"]
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), inputs, tensors)
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), inputs, tensors)
    return [t for t in tensors if ours[t].tobytes() != theirs[t].tobytes()]
