"""Random inputs of any model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.rows import sample_shape
from mendlite.model.tensor import Tensor

INDICES = 10
"""32- and 64-bit integers are mostly indices or counts: 0 to 9."""


def draw_inputs(
    model: Model, samples: int, seed: int, *, positive: bool = False
) -> list[NDArray[Any]]:
    """One array an input: integers of up to 16 bits over their whole type, floats about 0.

    ``positive``: no real value below 0, for operators that take no other. Raises
    UnsupportedModelError for a type that numpy does not have.
    """
    rng = np.random.default_rng(seed)
    return [_values(model.tensors[t], samples, rng, positive=positive) for t in model.inputs]


def _values(
    tensor: Tensor, samples: int, rng: np.random.Generator, *, positive: bool
) -> NDArray[Any]:
    dtype = tensor.dtype.numpy
    if dtype is None:
        raise UnsupportedModelError(f"input {tensor.index} is {tensor.dtype.value}")
    shape = (samples, *sample_shape(tensor))
    if dtype.kind == "f":
        values = rng.normal(0, 1, shape)
        return (np.abs(values) if positive else values).astype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.itemsize > 2:
        return rng.integers(0, INDICES, shape).astype(dtype)
    limits = np.iinfo(dtype)
    least = tensor.zero_point + 1 if positive and tensor.quant is not None else limits.min
    return rng.integers(min(least, limits.max), limits.max, shape, dtype, endpoint=True)
