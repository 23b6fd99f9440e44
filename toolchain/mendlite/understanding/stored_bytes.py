"""The bytes that a device feeds to the int8 model, where rounding leaves two possible."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from mendlite.arith.conversion import quantize
from mendlite.case.recipe import Preprocessing
from mendlite.model.tensor import DType, Tensor
from mendlite.understanding.asked import Asked
from mendlite.understanding.trial import Bench, Trial

BYTES = ("u1", "i1")


def with_bytes(bench: Bench, chosen: Trial, asked: Asked) -> tuple[Preprocessing, ...]:
    """The chosen rules; ``int8`` is "raw" where bytes are all but the input's own.

    A pixel fed as x / 127.5 - 1 lies between two steps of an int8 input; a device
    stores the pixel itself (less 128).
    """
    rules = chosen.feeding.rules
    if asked.int8 is not None:
        return rules
    quantized = bench.quantized
    return tuple(
        _raw(rule, bench.frames[i], real, quantized.tensors[t])
        for rule, i, real, t in zip(
            rules, chosen.feeding.order, bench.real(chosen.feeding), quantized.inputs, strict=True
        )
    )


def _raw(
    rule: Preprocessing, raw: NDArray[Any], real: NDArray[np.float32], tensor: Tensor
) -> Preprocessing:
    storage = tensor.dtype.numpy
    known = tensor.dtype in (DType.INT8, DType.UINT8) and tensor.quant is not None
    if not known or storage is None or raw.dtype not in BYTES or rule.int8 == "raw":
        return rule
    offset = {("u1", "i1"): 128, ("i1", "u1"): -128}.get((raw.dtype.str[1:], storage.str[1:]), 0)
    low, high = float(raw.min()), float(raw.max())
    steps = quantize(real, tensor.scale, tensor.zero_point, storage).astype(np.int64)
    own = np.sort(raw.reshape(-1).astype(np.int64) - offset)
    # The rule is monotone, so sorted values pair up whatever the order of axes.
    miss = np.abs(np.sort(steps.reshape(-1)) - own)
    if low == high or miss.max() != 1 or not isinstance(rule.multiply, int | float):
        return rule
    return msgspec.structs.replace(rule, int8="raw", raw_offset=offset)
