"""The kernel of a dense layer of int4 weights with a scale for each block."""

from __future__ import annotations

import numpy as np

from mendlite.arith.block_scales import BlockProducts, bfloat16
from mendlite.model.tensor import BlockScales
from mendlite.replay.reference.context import Context, Kernel


def prepare_block_layer(context: Context, blocks: BlockScales) -> Kernel:
    """X → outputs: each row of ``K`` values is quantized by itself; the same in every profile."""
    weights, rest = context.constant(1).astype(np.int8), context.output.shape[1:]
    inputs = context.operator.inputs
    bias = None if len(inputs) < 3 or inputs[2] < 0 else context.constant(2).reshape(-1)
    low, high = context.fused_range()
    products = BlockProducts(
        weights=weights,
        scale=bfloat16(blocks.scale),
        bias=None if bias is None else bias.astype(np.float32),
        low=low,
        high=high,
    )
    return lambda x: products(x[0].reshape(-1, weights.shape[1])).reshape(-1, *rest)
