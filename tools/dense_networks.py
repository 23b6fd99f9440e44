"""Post-training quantization of a dense ReLU network: scales per channel, ranges from samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.tensor import WEIGHT_LIMIT
from write_dense import Constant, DenseLayer, write_dense

Reals = NDArray[np.float32]


def float_file(weights: Sequence[Reals], biases: Sequence[Reals], description: str) -> bytes:
    """The network as float32; weights [K, N] and biases [N] by layer."""
    layers = [
        DenseLayer(
            weights=Constant(name=f"w{n}", shape=w.T.shape, data=w.T.astype("<f4")),
            bias=Constant(name=f"b{n}", shape=b.shape, data=b.astype("<f4")),
            output=Constant(name=f"y{n}", shape=(1, b.size)),
        )
        for n, (w, b) in enumerate(zip(weights, biases, strict=True))
    ]
    return write_dense(Constant(name="x", shape=(1, len(weights[0]))), layers, description)


def int8_file(
    weights: Sequence[Reals], biases: Sequence[Reals], samples: Reals, description: str
) -> bytes:
    """The network as int8, as TFLite's converter quantizes it.

    Weights are symmetric per channel, activations per tensor with a zero-point, from the least and
    greatest value at ``samples`` [n, K] (0 included); biases int32 in s_x s_w.
    """
    scale, zero = _range(samples)
    entry = _activation("x", samples.shape[1], scale, zero)
    values, layers = samples.astype(np.float64), []
    for n, (w, b) in enumerate(zip(weights, biases, strict=True)):
        values = values @ w.astype(np.float64) + b
        if n < len(weights) - 1:
            values = np.maximum(values, 0)
        largest = np.maximum(np.abs(w).max(axis=0), 1e-6)
        steps = (largest / WEIGHT_LIMIT).astype(np.float32).astype(np.float64)
        whole = np.clip(np.rint(w.T / steps[:, None]), -WEIGHT_LIMIT, WEIGHT_LIMIT)
        bias_scale = (scale * steps).astype(np.float32).astype(np.float64)
        scale, zero = _range(values)
        none = np.zeros(b.size, np.int64)
        layers.append(
            DenseLayer(
                weights=Constant(name=f"w{n}", shape=w.T.shape, data=whole.astype(np.int8),
                                 scale=steps, zero_point=none, type="INT8"),
                bias=Constant(name=f"b{n}", shape=b.shape, scale=bias_scale, zero_point=none,
                              data=np.rint(b / bias_scale).astype("<i4"), type="INT32"),
                output=_activation(f"y{n}", b.size, scale, zero),
            )
        )  # fmt: skip
    return write_dense(entry, layers, description)


def _activation(name: str, size: int, scale: float, zero: int) -> Constant:
    return Constant(
        name=name, shape=(1, size), scale=np.array([scale]), zero_point=np.array([zero]),
        type="INT8",
    )  # fmt: skip


def _range(values: NDArray[Any]) -> tuple[float, int]:
    """Scale (a float32) and zero-point that cover the values and 0."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = float(np.float32(max(high - low, 1e-6) / 255))
    return scale, int(np.clip(np.rint(-128 - low / scale), -128, 127))
