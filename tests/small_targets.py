"""Targets of every task, small enough for a test, written into a folder."""

import numpy as np

from mendlite.arith.conversion import quantize
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.tflite.logits import real_values
from mendlite.tflite.reader import read
from tiny_models import (
    OpSpec,
    TensorSpec,
    build,
    dense_spec,
    float_twin,
    transpose_conv_spec,
)


def head(repair, selection, validation="", *, root="", labels=""):
    """A target table up to its samples; the arguments say which rows a set takes."""
    rows = {"repair": repair, "selection": selection, "validation": validation}
    sets = (", ".join(['from = "all"', *filter(None, [taken])]) for taken in rows.values())
    samples = "\n".join(f"{name} = {{ {taken} }}" for name, taken in zip(rows, sets, strict=True))
    return f"""
name = "tiny"
description = "a tiny model"
{root}
[models.float]
file = "float.tflite"
[models.int8]
file = "int8.tflite"
[data.all]
file = "data.npz"
inputs = ["x"]
{labels}
[samples]
{samples}
"""


HEAD = head("count = 150", "count = 50")


LARGE = -(2**31), 2**31 - 1


def spoiled(spec, seed=0):
    """The model with some of its weights and biases a few steps off."""
    rng = np.random.default_rng(seed)
    for tensor in spec.tensors:
        if tensor.data is not None and tensor.scale is not None:
            steps = {"INT32": 200, "INT64": 40000}.get(tensor.type, 3)
            moved = tensor.data + rng.integers(-steps, steps + 1, tensor.data.shape)
            kind = tensor.data.dtype
            low, high = {"INT8": (-127, 127), "UINT8": (1, 255)}.get(tensor.type, LARGE)
            tensor.data = np.clip(moved, low, high).astype(kind)
    return spec


def write_target(folder, make, table, spread=2.0):
    """A target of 400 drawn samples, whose int8 file is off by a few steps."""
    whole = make()
    rng = np.random.default_rng(5)
    shape = whole.tensors[whole.inputs[0]].shape[1:]
    np.savez(folder / "data.npz", x=rng.normal(0, spread, (400, *shape)).astype(np.float32))
    (folder / "float.tflite").write_bytes(build(float_twin(whole)))
    (folder / "int8.tflite").write_bytes(build(spoiled(make())))
    (folder / "target.toml").write_text(HEAD + table, encoding="utf-8")


def with_logistic():
    spec = dense_spec()
    spec.tensors.append(TensorSpec("p", (1, 3), scale=[1 / 256], zero_point=[-128]))
    spec.ops.append(OpSpec("LOGISTIC", [6], [7]))
    spec.outputs = [7]
    return spec


def detector():
    """Four box values and two scores of one anchor, from one hidden layer."""
    spec = dense_spec(classes=4)
    rng = np.random.default_rng(9)
    weights = rng.integers(-127, 128, (2, 5)).astype(np.int8)
    spec.tensors += [
        TensorSpec("w3", (2, 5), data=weights, scale=[0.02], zero_point=[0]),
        TensorSpec("scores", (1, 2), scale=[0.4], zero_point=[5]),
    ]
    spec.ops.append(OpSpec("FULLY_CONNECTED", [3, 7], [8], "FullyConnectedOptions", {}))
    spec.outputs = [6, 8]
    return spec


CASES = {
    "regression": (dense_spec, '[task]\nkind = "regression"\n'),
    "transposed": (
        transpose_conv_spec,
        '[task]\nkind = "regression"\ntolerance = 0.1\n',
        0.1,
    ),
    "multi-label": (with_logistic, '[task]\nkind = "multi-label"\nthreshold = 0.6\n'),
    "detection": (detector, '[task]\nkind = "detection"\ntolerance = 1.0\nthreshold = 1.5\n'),
    "autoencoder": (
        lambda: dense_spec(inputs=6, hidden=8, classes=6),
        '[task]\nkind = "autoencoder"\n',
    ),
}

WORSE = """
name = "worse"
description = "what the repair samples teach is wrong on the held-out ones"
teacher = "outputs"
[models.int8]
file = "int8.tflite"
[data.fit]
file = "fit.npz"
inputs = ["x"]
outputs = ["y"]
[data.held]
file = "held.npz"
inputs = ["x"]
outputs = ["y"]
[samples]
repair = { from = "fit", count = 150 }
selection = { from = "fit" }
validation = { from = "held" }
[task]
kind = "regression"
"""


def write_worse_target(folder):
    """A target whose held-out samples want the int8 file's own outputs: any edit is worse."""
    whole, rng = dense_spec(), np.random.default_rng(5)
    float_model, int8_model = read(build(float_twin(whole))), read(build(spoiled(dense_spec())))
    (folder / "int8.tflite").write_bytes(int8_model.data)
    for name, model in (("fit", float_model), ("held", int8_model)):
        x = rng.normal(0, 2, (250, 6)).astype(np.float32)
        entry = model.tensors[model.inputs[0]]
        given = x
        if entry.quant is not None:
            scale, zero = float(entry.quant.scale[0]), int(entry.quant.zero_point[0])
            given = quantize(x, scale, zero, np.dtype(np.int8))
        out = model.outputs[0]
        runner = make_runner("reference", model, Profile.TFLM)
        y = real_values(model, out, collect(runner, [given], [out])[out])
        np.savez(folder / f"{name}.npz", x=x, y=y.astype(np.float32))
    (folder / "target.toml").write_text(WORSE, encoding="utf-8")
    return folder / "target.toml"
