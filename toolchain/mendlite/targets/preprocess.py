"""Stored samples to model inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.conversion import quantize
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.samples import Samples
from mendlite.model.tensor import DType, Tensor
from mendlite.targets.schema import Input, Target

Inputs = list[NDArray[Any]]


def real_input(rule: Input, raw: NDArray[Any]) -> NDArray[np.float32]:
    """(raw - subtract) * multiply in float32, computed in float64."""
    subtract, multiply = np.asarray(rule.subtract), np.asarray(rule.multiply)
    real: NDArray[np.float32] = ((raw.astype(np.float64) - subtract) * multiply).astype(np.float32)
    return real


def _fit(values: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """The samples in the input's own shape, where only the layout of one sample differs."""
    wanted = tensor.shape[1:]
    if values.shape[1:] == wanted:
        return values
    size = int(np.prod(wanted, dtype=np.int64))
    if values[0].size != size:
        raise BadInputError(
            f"a sample has shape {list(values.shape[1:])}, but input '{tensor.name}' takes "
            f"{list(wanted)}"
        )
    return values.reshape(values.shape[0], *wanted)


def _rules(target: Target, samples: Samples, model: Model) -> list[tuple[Input, int, Tensor]]:
    count = len(model.inputs)
    if len(target.inputs) != count or len(samples.raw) != count:
        raise BadInputError(
            f"the model has {count} inputs, but target {target.name} describes "
            f"{len(target.inputs)} and its data has {len(samples.raw)}"
        )
    return [(target.inputs[i], i, model.tensors[t]) for i, t in enumerate(model.inputs)]


def float_inputs(target: Target, samples: Samples, model: Model) -> Inputs:
    """Inputs of the float model; raises BadInputError where they do not fit it."""
    found: Inputs = []
    for rule, position, tensor in _rules(target, samples, model):
        if tensor.dtype is not DType.FLOAT32:
            raise BadInputError(
                f"the float model's input '{tensor.name}' is {tensor.dtype.value}, not FLOAT32"
            )
        found.append(_fit(real_input(rule, samples.raw[position]), tensor))
    return found


def quantized_inputs(target: Target, samples: Samples, model: Model) -> Inputs:
    """Inputs of the int8 model in its own type; raises BadInputError where they do not fit."""
    return [
        _fit(_quantized(rule, samples.raw[position], tensor), tensor)
        for rule, position, tensor in _rules(target, samples, model)
    ]


def _quantized(rule: Input, raw: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    if tensor.dtype is DType.FLOAT32:
        return real_input(rule, raw)
    storage = tensor.dtype.numpy
    if tensor.dtype not in (DType.INT8, DType.UINT8) or storage is None or tensor.quant is None:
        raise BadInputError(f"input '{tensor.name}' is {tensor.dtype.value} without a scale")
    if rule.int8 == "quantize":
        scale, zero = float(tensor.quant.scale[0]), int(tensor.quant.zero_point[0])
        return quantize(real_input(rule, raw), scale, zero, storage)
    moved = raw.astype(np.int64) - rule.raw_offset
    limits = np.iinfo(storage)
    if moved.min(initial=0) < limits.min or moved.max(initial=0) > limits.max:
        raise BadInputError(
            f"raw samples from {moved.min()} to {moved.max()} do not fit {tensor.dtype.value}: set "
            'raw_offset, or int8 = "quantize"'
        )
    return moved.astype(storage)


def fed(rule: Input, samples: Samples, model: Model) -> Inputs:
    """Inputs of either model with one rule for all inputs."""
    return [
        _fit(_quantized(rule, raw, model.tensors[t]), model.tensors[t])
        for raw, t in zip(samples.raw, model.inputs, strict=True)
    ]
