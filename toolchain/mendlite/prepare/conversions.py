"""QUANTIZE and DEQUANTIZE (``quantize.cc``, ``dequantize.cc``)."""

from __future__ import annotations

from mendlite.model.tensor import STORED, DType
from mendlite.prepare.unary import require_ratio
from mendlite.prepare.view import Inferred, Preparation, described


def quantize(view: Preparation) -> Inferred:
    """QUANTIZE: float32 or integers to 8 or 16 bits."""
    view.require_count(1)
    dtype = view.require_one_type(DType.FLOAT32, *STORED)
    view.require_type(view.output, *STORED)
    view.quantized(view.output)
    if dtype in STORED:
        require_ratio(view)
        _require_pair(view)
    return Inferred(shape=view.input(0).shape, dtype=view.output.dtype)


def _require_pair(view: Preparation) -> None:
    """Raise UnsupportedModelError for two types that no kernel converts."""
    types = view.input(0).dtype, view.output.dtype
    if DType.INT16 in types and DType.UINT8 in types:
        raise view.unsupported(f"{types[0].value} to {types[1].value}")
    if types == (DType.INT16, DType.INT16):
        view.require_symmetric()


def dequantize(view: Preparation) -> Inferred:
    """DEQUANTIZE: 8 or 16 bits, or float16, to float32."""
    view.require_count(1)
    dtype = view.require_one_type(*STORED, DType.FLOAT16)
    if dtype is DType.FLOAT16:
        return Inferred(shape=view.input(0).shape, dtype=DType.FLOAT32)
    if dtype is DType.INT16 and view.quantized(view.input(0))[1]:
        raise view.unsupported(f"{described(view.input(0))} is INT16 with a zero-point")
    view.quantized(view.input(0))
    return Inferred(shape=view.input(0).shape, dtype=DType.FLOAT32)
