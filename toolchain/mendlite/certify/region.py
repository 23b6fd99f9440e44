"""Boxes of stored inputs: a ball round a sample, or ranges of every feature."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.certify.lowering.lower import input_tensor
from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.samples import Samples
from mendlite.model.tensor import DType

Ints = NDArray[np.int64]

STEPS, RAW = "steps", "raw"
"""Units of a radius: steps of the input's quantization, or units of the stored sample (pixels)."""


def stored_inputs(case: Case, model: Model, samples: Samples) -> Ints:
    """The samples as the int8 input of ``model`` stores them, i64[n, K]."""
    if len(model.inputs) != 1:
        raise UnsupportedModelError(f"{len(model.inputs)} inputs: one is verified")
    values: NDArray[Any] = case.quantized_inputs(samples, model)[0]
    tensor = input_tensor(model)
    if values.dtype == np.float32 and tensor.dtype is DType.INT8:
        quant = tensor.quantization()
        steps = np.rint(values.astype(np.float64) / quant.scale[0]) + quant.zero_point[0]
        values = np.clip(steps, -128, 127)
    return values.reshape(len(values), -1).astype(np.int64)


def ball(case: Case, model: Model, row: int, radius: float, unit: str) -> tuple[Ints, Ints]:
    """The L-infinity ball round one validation sample, as ``model`` reads it, i64[K] each.

    It is clipped to the input's type. In raw units the sample itself is moved both ways, within its
    own type, and preprocessed.
    """
    samples = case.sets.validation
    if not 0 <= row < samples.count:
        raise BadInputError(f"sample {row} does not exist: the set has {samples.count}")
    one = samples.take(slice(row, row + 1))
    if unit == STEPS:
        centre = stored_inputs(case, model, one)[0]
        reach = int(radius)
        if reach != radius:
            raise BadInputError(f"a radius of {radius:g} steps is no whole number of them")
        return np.clip(centre - reach, -128, 127), np.clip(centre + reach, -128, 127)
    ends = [stored_inputs(case, model, _moved(one, sign * radius))[0] for sign in (-1, 1)]
    return np.minimum(*ends), np.maximum(*ends)


def _moved(samples: Samples, by: float) -> Samples:
    raw: list[NDArray[Any]] = []
    for stored in samples.raw:
        values: NDArray[Any] = stored
        moved = values.astype(np.float64) + by
        if values.dtype.kind in "iu":
            limits = np.iinfo(values.dtype)
            moved = np.clip(np.rint(moved), limits.min, limits.max)
        raw.append(moved.astype(values.dtype))
    return replace(samples, raw=tuple(raw))


def ranges(case: Case, low: NDArray[Any], high: NDArray[Any]) -> tuple[Ints, Ints]:
    """Ranges per feature in stored units; raises BadInputError where they do not fit the input."""
    count = input_tensor(case.quantized).elements
    ends = []
    for name, values in (("low", low), ("high", high)):
        flat = values.reshape(-1)
        if flat.size != count or flat.dtype.kind not in "iu":
            raise BadInputError(
                f"`{name}` holds {flat.size} values of {flat.dtype}; the input needs {count} "
                "integers"
            )
        ends.append(flat.astype(np.int64))
    if (ends[0] > ends[1]).any() or ends[0].min() < -128 or ends[1].max() > 127:
        raise BadInputError("ranges must have low <= high within -128 ... 127")
    return ends[0], ends[1]
