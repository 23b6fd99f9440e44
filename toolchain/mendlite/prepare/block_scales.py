"""FULLY_CONNECTED of int4 weights with a scale for each block: what runs it, and with which blocks.

XNNPACK alone computes it: LiteRT's reference kernels take 0 for every scale, its others leave the
fused activation out, and TFLite Micro and tflite-runtime 2.14 do not read such scales. All were
tried (ai-edge-litert 2.3.0).
"""

from __future__ import annotations

from mendlite.model.tensor import BlockScales, DType
from mendlite.prepare.view import Preparation, described

BLOCKS_OF = 32
"""XNNPACK takes blocks of multiples of so many weights alone."""


def require_block_scales(view: Preparation, blocks: BlockScales) -> None:
    """Raise UndefinedResultError where XNNPACK does not run the layer: no interpreter may, then."""
    weights = described(view.input(1))
    if view.operator.op != "FULLY_CONNECTED" or view.input(0).dtype is not DType.FLOAT32:
        raise view.undefined(
            f"its weights, {weights}, have a scale for each block, which FULLY_CONNECTED of "
            "float activations alone has kernels for"
        )
    if blocks.size % BLOCKS_OF:
        raise view.undefined(
            f"its weights, {weights}, have a scale for each {blocks.size} weights: XNNPACK runs "
            f"multiples of {BLOCKS_OF} alone, and LiteRT's other kernels compute other values; "
            f"quantize in blocks of {BLOCKS_OF}"
        )
