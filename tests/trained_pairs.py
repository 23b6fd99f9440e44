"""Small networks that are trained in closed form, as pairs of a float and an int8 file.

A hidden layer of random features with ReLU, and a last layer fitted by ridge regression.
"""

from dataclasses import dataclass

import numpy as np

from mendlite.model.loaded_data import LoadedData
from mendlite.tflite.reader import read
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

HIDDEN = 48


@dataclass
class Pair:
    reference: object
    quantized: object


def images(classes=6, count=300, shape=(6, 6, 3), seed=0):
    """uint8 images, each class with a smooth pattern of its own, and class indices."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(30, 225, (classes, shape[0] // 2, shape[1] // 2, shape[2]))
    patterns = low.repeat(2, axis=1).repeat(2, axis=2)
    labels = np.arange(count) % classes
    x = patterns[labels] + rng.normal(0, 35, (count, *shape))
    x = np.clip(x.round(), 0, 255).astype(np.uint8)
    x.reshape(-1)[:2] = (0, 255)
    return x, labels


def features(x, seed):
    """Weights, bias and values of random ReLU features of rows x."""
    rng = np.random.default_rng(seed + 7)
    w = rng.normal(0, 1 / np.sqrt(x.shape[1]), (HIDDEN, x.shape[1]))
    x = (x - x.mean(axis=0)) / max(x.std(), 1e-9)
    b = rng.normal(0, 0.5, HIDDEN)
    return w, b, np.maximum(x @ w.T + b, 0)


def fit(real, wanted, seed=0):
    """(w1, b1, w2, b2) of a network that gives ``wanted`` [n, m] for real inputs [n, k]."""
    mean, spread = real.mean(axis=0), max(real.std(), 1e-9)
    w, b, h = features(real, seed)
    rows = np.concatenate([h, np.ones((len(h), 1))], axis=1)
    last = np.linalg.solve(rows.T @ rows + 0.5 * np.eye(rows.shape[1]), rows.T @ wanted).T
    return w / spread, b - (w / spread) @ mean, last[:, :-1], last[:, -1]


def specs(shape, layers, real, head, ranges=None):
    """(float, int8) specs of dense layers behind a RESHAPE; ``ranges``: of the int8 input."""
    w1, b1, w2, b2 = layers
    rows = real.reshape(len(real), -1)
    hidden = np.maximum(rows @ w1.T + b1, 0)
    out = hidden @ w2.T + b2
    low, high = ranges or (min(rows.min(), 0), max(rows.max(), 0))
    s0, z0 = (high - low) / 255, round(-128 - low / ((high - low) / 255))
    s1 = hidden.max() / 255
    s2 = (max(out.max(), 0) - min(out.min(), 0)) / 255
    z2 = round(-128 - min(out.min(), 0) / s2)
    k1, k2 = np.abs(w1).max() / 127, np.abs(w2).max() / 127
    size, classes = rows.shape[1], len(b2)
    flat = TensorSpec("shape", (2,), "INT32", np.array([1, size], "<i4"))

    def tensors(quantized):
        def at(name, shape, step, data=None, kind="INT8"):
            scale, zero = step
            if not quantized:
                return TensorSpec(name, shape, "FLOAT32", None if data is None else data[0])
            stored = None if data is None else data[1]
            return TensorSpec(name, shape, kind, stored, scale=[scale], zero_point=[zero])

        both = lambda v, s, t: (v.astype("<f4"), np.round(v / s).astype(t))  # noqa: E731
        found = [
            at("image", (1, *shape), (s0, z0)),
            flat,
            at("flat", (1, size), (s0, z0)),
            at("w1", w1.shape, (k1, 0), both(w1, k1, "i1")),
            at("b1", b1.shape, (k1 * s0, 0), both(b1, k1 * s0, "<i4"), "INT32"),
            at("h", (1, HIDDEN), (s1, -128)),
            at("w2", w2.shape, (k2, 0), both(w2, k2, "i1")),
            at("b2", b2.shape, (k2 * s1, 0), both(b2, k2 * s1, "<i4"), "INT32"),
            at("logits", (1, classes), (s2, z2)),
        ]
        if head:
            found.append(at("probabilities", (1, classes), (1 / 256, -128)))
        return found

    dense = "FullyConnectedOptions"
    ops = [
        OpSpec("RESHAPE", [0, 1], [2], "ReshapeOptions", {"NewShape": (1, size)}),
        OpSpec("FULLY_CONNECTED", [2, 3, 4], [5], dense, {"FusedActivationFunction": 1}),
        OpSpec("FULLY_CONNECTED", [5, 6, 7], [8], dense, {}),
    ]
    if head == "SOFTMAX":
        ops.append(OpSpec(head, [8], [9], "SoftmaxOptions", {"Beta": 1.0}))
    elif head:
        ops.append(OpSpec(head, [8], [9]))
    last = [9 if head else 8]
    return tuple(ModelSpec(tensors(q), ops, [0], last) for q in (False, True))


def pair_of(shape, real, wanted, head="SOFTMAX", *, ranges=None, seed=0):
    """A trained pair that takes ``real`` [n, ...] and gives ``wanted`` [n, m] before its head."""
    layers = fit(real.reshape(len(real), -1).astype(np.float64), wanted, seed)
    return Pair(*(read(build(s)) for s in specs(shape, layers, real, head, ranges)))


def sure(labels, classes, size=8.0):
    """Logits of a network that is sure of labels."""
    return size * np.eye(classes)[labels]


def data_of(*arrays, labels=None, names=(), **more):
    """Samples as a source gives them."""
    return LoadedData(
        arrays=arrays,
        names=tuple(names) or ("",) * len(arrays),
        rows=np.arange(len(arrays[0])),
        total=len(arrays[0]),
        labels=labels,
        label_origin="" if labels is None else "labels.npy",
        **more,
    )


def two_inputs(names=("left", "right"), count=300, size=8):
    """Samples of two inputs of one size, four classes, and the pair that takes left, then right."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, (2, count, size)).astype("f4")
    labels = (a @ rng.normal(size=size) > 0) * 2 + (b @ rng.normal(size=size) > 0)
    real = np.concatenate([a, b], axis=1)
    layers = fit(real.astype(np.float64), sure(labels, 4))
    found = []
    for spec in specs((2 * size,), layers, real, "SOFTMAX"):
        whole, first = spec.tensors[0], len(spec.tensors)
        spec.tensors += [
            TensorSpec(n, (1, size), whole.type, None, whole.scale, whole.zero_point) for n in names
        ]
        joined = {"Axis": 1}
        spec.ops[0] = OpSpec(
            "CONCATENATION", [first, first + 1], [2], "ConcatenationOptions", joined
        )
        spec.inputs = [first, first + 1]
        # The shape of the RESHAPE that this takes the place of is no constant that anything reads.
        spec.tensors[1] = TensorSpec("unused", (1,), "FLOAT32")
        found.append(read(build(spec)))
    return a, b, labels.astype(np.int64), Pair(*found)
