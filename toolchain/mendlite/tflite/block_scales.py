"""Read the scales of weights that have one for each block (``BlockwiseQuantization``).

They are a constant of their own, FLOAT16 [C, K / block], which the weights' quantization names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.tensor import BlockScales, DType, Tensor
from mendlite.tflite.quantization import BLOCKWISE, details_of
from mendlite.tflite.verified_table import VerifiedTable

ADVICE = "quantize with a scale per tensor or channel, or int4 weights with float16 scales"


def with_block_scales(
    raw: Sequence[VerifiedTable], tensors: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    """The tensors, those that are quantized by block with their scales.

    Raises MalformedModelError where scales are missing, of another shape, or no positive numbers,
    UnsupportedModelError for tensors other than constant int4 matrices, scales other than FLOAT16
    and zero-points.
    """
    return tuple(
        replace(tensor, blocks=_block_scales(one, tensors, tensor))
        if details_of(one) == BLOCKWISE
        else tensor
        for one, tensor in zip(raw, tensors, strict=True)
    )


def _block_scales(raw: VerifiedTable, tensors: Sequence[Tensor], weights: Tensor) -> BlockScales:
    place = f"tensor {weights.index} '{weights.name}'"
    if weights.dtype is not DType.INT4 or len(weights.shape) != 2 or weights.data is None:
        constant = "a constant of" if weights.buffer is not None else "computed or fed values of"
        raise UnsupportedModelError(
            f"{place}: blockwise quantization of {constant} {weights.dtype.value} "
            f"{list(weights.shape)}; only constant int4 matrices have kernels for it: {ADVICE}"
        )
    details = _details(raw, place)
    size = int(details.scalar("block_size", "i"))
    if size < 1 or weights.shape[1] % size:
        raise MalformedModelError(
            f"{place}: blocks of {size} weights do not divide its shape {list(weights.shape)}"
        )
    _require_no_zero_points(details, tensors, place)
    index = int(details.scalar("scales", "i"))
    shape = (weights.shape[0], weights.shape[1] // size)
    return BlockScales(tensor=index, size=size, scale=_scales(tensors, index, shape, place))


def _details(raw: VerifiedTable, place: str) -> VerifiedTable:
    quant = raw.child("quantization")
    details = None if quant is None else quant.child("details")
    if details is None:
        raise MalformedModelError(f"{place}: blockwise quantization without its table")
    return details


def _require_no_zero_points(details: VerifiedTable, tensors: Sequence[Tensor], place: str) -> None:
    """Raise where zero-points are named that are not all 0: XNNPACK reads none."""
    if not details.where("zero_points"):
        return
    index = int(details.scalar("zero_points", "i"))
    if index < 0:
        return
    if index >= len(tensors):
        raise MalformedModelError(f"{place}: its zero-points, tensor {index}, do not exist")
    values = tensors[index].data
    if values is None or np.any(values):
        raise UnsupportedModelError(
            f"{place}: its zero-points, tensor {index} '{tensors[index].name}', are not all 0, and "
            "kernels for weights quantized by block read none"
        )


def _scales(
    tensors: Sequence[Tensor], index: int, shape: tuple[int, ...], place: str
) -> NDArray[np.float64]:
    if not 0 <= index < len(tensors):
        raise MalformedModelError(f"{place}: its block scales, tensor {index}, do not exist")
    stored = tensors[index]
    named = f"{place}: its block scales, tensor {index} '{stored.name}',"
    if stored.shape != shape:
        raise MalformedModelError(f"{named} have shape {list(stored.shape)}, not {list(shape)}")
    if stored.dtype is not DType.FLOAT16:
        raise UnsupportedModelError(f"{named} are {stored.dtype.value}, not FLOAT16")
    if stored.data is None:
        raise MalformedModelError(f"{named} are not a constant")
    scales = stored.data.astype(np.float64)
    wrong = np.argwhere(~(np.isfinite(scales) & (scales > 0)))
    if wrong.size:
        channel, block = (int(at) for at in wrong[0])
        raise MalformedModelError(
            f"{named} have {scales[channel, block]} for block {block} of channel {channel}; it "
            "must be positive"
        )
    scales.flags.writeable = False
    return scales
