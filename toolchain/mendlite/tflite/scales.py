"""Scales of 0: harmless where nothing is scaled by them, refused where something is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mendlite.errors import MalformedModelError
from mendlite.model.graph import LAYER_OPS, Operator
from mendlite.model.operator_kinds import CONVERSIONS, bias_slot
from mendlite.model.tensor import DType, Tensor
from mendlite.tflite.quantization import scales_of
from mendlite.tflite.verified_table import VerifiedTable

SCALED_TYPES = frozenset(
    {DType.INT8, DType.UINT8, DType.INT16, DType.INT4, DType.UINT4, DType.INT2}
)
"""Types whose values mean nothing without their scale, whatever the operator."""


def _scales_by(operator: Operator, tensor: Tensor) -> bool:
    """Whether the operator reads values of ``tensor`` in units of its scale."""
    # QuantizeMultiplier of 0 is 0: a product with such a constant is the output's zero-point.
    product = operator.op == "MUL" and tensor.index in operator.inputs and tensor.buffer is not None
    if tensor.dtype is DType.FLOAT32 or product:
        return False
    # Conversions scale wider integers, too.
    if tensor.dtype in SCALED_TYPES or operator.op in CONVERSIONS:
        return True
    slot = bias_slot(operator.op)
    bias = operator.inputs[slot : slot + 1] if operator.op in LAYER_OPS else ()
    return tensor.index in bias


def require_scales(
    raw: Sequence[VerifiedTable], tensors: tuple[Tensor, ...], operators: tuple[Operator, ...]
) -> None:
    """Raise MalformedModelError where an operator scales by a tensor whose scale is 0."""
    zeros: dict[int, int] = {}
    for tensor in (t for t in tensors if t.quant is None):
        scales = scales_of(raw[tensor.index])
        if scales is not None and not scales.all():
            zeros[tensor.index] = int(np.flatnonzero(scales == 0)[0])
    for operator in operators:
        for index in (*operator.inputs, *operator.outputs):
            if index in zeros and _scales_by(operator, tensors[index]):
                raise MalformedModelError(
                    f"tensor {index} '{tensors[index].name}': scale {zeros[index]} is 0.0; it "
                    f"must be positive, as operator {operator.index} {operator.op} scales by it"
                )
