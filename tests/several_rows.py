"""Models whose input has several rows: a sample is the whole array."""

import numpy as np

from small_targets import head, spoiled
from tiny_models import OpSpec, TensorSpec, build, conv_spec, dense_spec, float_twin

CLASSES = 5


def batch_of(spec, count):
    """The same network with its batch axis of ``count``."""
    for tensor in spec.tensors:
        if tensor.data is None:
            tensor.shape = (count, *tensor.shape[1:])
    return spec


def dense_rows(count=4):
    """A dense classifier of each row, (count, 16) to (count, CLASSES)."""
    return batch_of(dense_spec(inputs=16, hidden=12, classes=CLASSES), count)


def images(count=2):
    """A convolution, its mean over the image and a classifier, (count, 8, 8, 3) to (count, 4)."""
    spec = conv_spec(size=(8, 8), channels=3, filters=6, kernel=(3, 3), stride=(2, 2))
    rng = np.random.default_rng(4)
    weights = rng.integers(-90, 91, (4, 6))
    weights = (weights - weights.mean(axis=1, keepdims=True).round()).astype(np.int8)
    spec.tensors += [
        TensorSpec("axes", (2,), "INT32", np.array([1, 2], "<i4")),
        TensorSpec("mean", (1, 6), scale=[0.02], zero_point=[-128]),
        TensorSpec("w2", (4, 6), data=weights, scale=[0.02], zero_point=[0]),
        TensorSpec("b2", (4,), "INT32", np.zeros(4, "<i4"), scale=[0.0004], zero_point=[0]),
        TensorSpec("logits", (1, 4), scale=[0.4], zero_point=[0]),
    ]
    spec.ops += [
        OpSpec("MEAN", [3, 4], [5], "ReducerOptions", {"KeepDims": False}),
        OpSpec("FULLY_CONNECTED", [5, 6, 7], [8], "FullyConnectedOptions", {}),
    ]
    spec.outputs = [8]
    return batch_of(spec, count)


def two_inputs(count=4):
    """(count, 16) and (1, 16) added, and a dense classifier of each of the ``count`` rows."""
    spec = dense_rows(count)
    first = len(spec.tensors)
    spec.tensors += [
        TensorSpec("rows", (count, 16), scale=[0.04], zero_point=[2]),
        TensorSpec("offset", (1, 16), scale=[0.03], zero_point=[1]),
    ]
    spec.ops.insert(0, OpSpec("ADD", [first, first + 1], [0], "AddOptions", {}))
    spec.inputs = [first, first + 1]
    return spec


def pooled(count=4):
    """The rows' mean before the last layer: one result a sample, (count, 16) to (1, CLASSES)."""
    spec = dense_rows(count)
    first = len(spec.tensors)
    spec.tensors += [
        TensorSpec("axis", (1,), "INT32", np.array([0], "<i4")),
        TensorSpec("mean", (1, 12), scale=[0.05], zero_point=[-128]),
    ]
    spec.ops.insert(
        1, OpSpec("MEAN", [3, first], [first + 1], "ReducerOptions", {"KeepDims": True})
    )
    spec.ops[2].inputs[0] = first + 1
    spec.tensors[6].shape = (1, CLASSES)
    return spec


def write(folder, make, samples, table="", **labels):
    """A target whose int8 file is off by a few steps; ``samples`` by the names of the inputs."""
    whole = make()
    np.savez(folder / "data.npz", **samples, **labels)
    (folder / "float.tflite").write_bytes(build(float_twin(whole)))
    worse = make()
    for seed in range(4):
        worse = spoiled(worse, seed)
    (folder / "int8.tflite").write_bytes(build(worse))
    text = head("count = 150", "count = 50", labels='labels = "y"' if labels else "")
    names = ", ".join(f'"{name}"' for name in samples)
    text = text.replace('inputs = ["x"]', f"inputs = [{names}]")
    table += "\n[[inputs]]\nsubtract = 0.0\n" * (len(samples) if len(samples) > 1 else 0)
    (folder / "target.toml").write_text(text + table, encoding="utf-8")
    return folder / "target.toml"


def drawn(*shape, count=400, seed=5, spread=1.5):
    """Random float samples of a shape."""
    return np.random.default_rng(seed).normal(0, spread, (count, *shape)).astype(np.float32)
