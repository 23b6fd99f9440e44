"""Stored samples to model inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.conversion import quantize
from mendlite.case.frames import as_frames
from mendlite.case.label_forms import is_whole
from mendlite.case.recipe import Preprocessing
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.rows import array_words, sample_shape
from mendlite.model.samples import Samples
from mendlite.model.tensor import STORED, DType, Tensor
from mendlite.reading.limited import shown

TOKENS = (DType.INT32, DType.INT64)
"""Types of inputs that hold ids, not values."""

Inputs = list[NDArray[Any]]

LOOKED_UP = 1024
"""Values of a channel from which a table of all 256 is worth its making."""


def real_input(rule: Preprocessing, raw: NDArray[Any]) -> NDArray[np.float32]:
    """(raw - subtract) * multiply in float32, computed in float64.

    Raises BadInputError where a list has not one number a channel, and where a value leaves
    float32.
    """
    return _of_bytes(partial(_computed, rule), raw)


def _of_bytes(compute: Callable[[NDArray[Any]], NDArray[Any]], raw: NDArray[Any]) -> NDArray[Any]:
    """``compute`` of samples: of 8 bits it is looked up, which gives the same and is quick.

    ``compute`` works value by value, in each channel of the last axis by itself.
    """
    bytes_alone = raw.dtype.itemsize == 1 and raw.dtype.kind in "iu" and raw.ndim > 1
    if not bytes_alone or raw.size < LOOKED_UP * raw.shape[-1]:
        return compute(raw)
    channels = raw.shape[-1]
    codes = np.arange(256, dtype=np.uint8).view(raw.dtype)
    try:
        table = compute(np.repeat(codes[:, None], channels, axis=1))
    except BadInputError:
        return compute(raw)  # A value that no sample has may leave float32.
    stored = np.ascontiguousarray(raw).view(np.uint8)
    if (table == table[:, :1]).all():
        return np.asarray(table[:, 0][stored])
    found = np.empty(raw.shape, table.dtype)
    for channel in range(channels):
        found[..., channel] = table[:, channel][stored[..., channel]]
    return found


def _computed(rule: Preprocessing, raw: NDArray[Any]) -> NDArray[np.float32]:
    subtract, multiply = np.asarray(rule.subtract), np.asarray(rule.multiply)
    for name, values in (("subtract", subtract), ("multiply", multiply)):
        if values.ndim and (raw.ndim < 2 or values.size not in (1, raw.shape[-1])):
            raise BadInputError(
                f"inputs.{name} lists {values.size} numbers, but a sample has shape "
                f"{list(raw.shape[1:])}: one number, or one for each of the last axis"
            )
    with np.errstate(over="ignore", invalid="ignore"):
        real: NDArray[np.float32] = ((raw.astype(np.float64) - subtract) * multiply).astype(
            np.float32
        )
    if not np.isfinite(real).all():
        raise BadInputError(
            "a sample less subtract, times multiply, is no finite float32: look at [[inputs]] and "
            "the data"
        )
    return real


def _fit(values: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """The samples in the input's own shape, where only the layout of one sample differs."""
    needed = sample_shape(tensor)
    if values.shape[1:] == needed:
        return values
    size = int(np.prod(needed, dtype=np.int64))
    if values[0].size != size:
        raise BadInputError(
            f"a sample has shape {list(values.shape[1:])}, but input '{tensor.name}' needs "
            f"{list(needed)}{array_words(tensor)}"
        )
    return values.reshape(values.shape[0], *needed)


def _per_input(
    rules: Sequence[Preprocessing], samples: Samples, model: Model
) -> list[tuple[Preprocessing, NDArray[Any], Tensor]]:
    """(rule, stored samples, tensor) of each input of the model."""
    count = len(model.inputs)
    if len(rules) != count or len(samples.raw) != count:
        raise BadInputError(
            f"the model has {count} inputs, but preprocessing is described for {len(rules)} and "
            f"the samples have {len(samples.raw)}"
        )
    tensors = [model.tensors[t] for t in model.inputs]
    rows = as_frames(model, samples.raw)
    return [
        (rule, reordered(rule, raw, tensor), tensor)
        for rule, raw, tensor in zip(rules, rows, tensors, strict=True)
    ]


def reordered(rule: Preprocessing, raw: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """The samples with their axes in the input's order; as they are without ``transpose``.

    Raises BadInputError where ``transpose`` is no order of the input's axes, or a sample has not
    as many values.
    """
    if not rule.transpose:
        return raw
    needed, order = sample_shape(tensor), rule.transpose
    if sorted(order) != list(range(len(needed))):
        raise BadInputError(
            f"inputs.transpose {order} is no order of the axes of {list(needed)}, the shape that "
            f"input '{tensor.name}' needs"
        )
    stored = [needed[order.index(axis)] for axis in range(len(order))]
    if raw[0].size != int(np.prod(stored, dtype=np.int64)):
        raise BadInputError(
            f"a sample has shape {list(raw.shape[1:])}, but input '{tensor.name}' with transpose "
            f"{order} needs {stored}"
        )
    moved = raw.reshape(len(raw), *stored).transpose(0, *(axis + 1 for axis in order))
    return np.ascontiguousarray(moved)


def float_inputs(rules: Sequence[Preprocessing], samples: Samples, model: Model) -> Inputs:
    """Inputs of the float model; raises BadInputError where they do not fit it."""
    inputs: Inputs = []
    for rule, raw, tensor in _per_input(rules, samples, model):
        if tensor.dtype in TOKENS:
            inputs.append(_fit(_whole(raw, tensor), tensor))
            continue
        if tensor.dtype is not DType.FLOAT32:
            raise BadInputError(
                f"the float model's input '{tensor.name}' is {tensor.dtype.value}, not FLOAT32"
            )
        inputs.append(_fit(real_input(rule, raw), tensor))
    return inputs


def quantized_inputs(rules: Sequence[Preprocessing], samples: Samples, model: Model) -> Inputs:
    """Inputs of the int8 model in its own type; raises BadInputError where they do not fit."""
    return [
        _fit(_quantized(rule, raw, tensor), tensor)
        for rule, raw, tensor in _per_input(rules, samples, model)
    ]


def _quantized(rule: Preprocessing, raw: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    if tensor.dtype is DType.FLOAT32:
        return real_input(rule, raw)
    if tensor.dtype in TOKENS and tensor.quant is None:
        return _whole(raw, tensor)
    storage = tensor.dtype.numpy
    if tensor.dtype not in STORED or storage is None or tensor.quant is None:
        raise BadInputError(f"input '{tensor.name}' is {tensor.dtype.value} without a scale")
    if rule.int8 == "quantize":
        scale, zero = float(tensor.quant.scale[0]), int(tensor.quant.zero_point[0])
        return _of_bytes(lambda x: quantize(_computed(rule, x), scale, zero, storage), raw)
    return _moved(rule, raw, np.iinfo(storage), tensor.dtype.value)


def _whole(raw: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """Ids, fed as they are stored; raises BadInputError where they are not whole or do not fit."""
    storage = np.dtype(tensor.dtype.numpy)
    limits = np.iinfo(storage)
    if not is_whole(raw) or raw.min(initial=0) < limits.min or raw.max(initial=0) > limits.max:
        raise BadInputError(
            f"input '{shown(tensor.name)}' takes {tensor.dtype.value} as they are, but its samples "
            f"are {raw.dtype} from {raw.min()} to {raw.max()}"
        )
    return raw.astype(storage)


def _moved(rule: Preprocessing, raw: NDArray[Any], limits: Any, name: str) -> NDArray[Any]:
    """Raw samples less the offset; raises BadInputError where they are not whole or do not fit."""
    if not is_whole(raw):
        raise BadInputError(
            f'raw samples are {raw.dtype} and not whole: set int8 = "quantize" for this input'
        )
    low, high = (int(end) - rule.raw_offset for end in (raw.min(), raw.max()))
    if low < limits.min or high > limits.max:
        raise BadInputError(
            f"raw samples from {low} to {high} do not fit {name}: set "
            'raw_offset, or int8 = "quantize"'
        )
    return (raw.astype(np.int64) - rule.raw_offset).astype(limits.dtype)
