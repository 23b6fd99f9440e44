"""A file in which layers with int8 weights have int4 weights, for measuring what that costs.

The tensor's type becomes INT4 and its buffer half as long; the bytes behind it stay in the file as
zeros. So nothing else moves, and every part of mendlite that handles int4 weights handles these. A
converter's file has those bytes removed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from mendlite.arith.packing import packed_size
from mendlite.model.graph import Layer, Model
from mendlite.model.tensor import DType
from mendlite.tflite.reader import read
from mendlite.tflite.support import own_scales
from mendlite.tflite.tensors import TYPES
from mendlite.tflite.verified_table import VerifiedTable, root

ALIGNED = 16
"""Constants of a ``.tflite`` begin at multiples of so many bytes."""


def bytes_saved(model: Model, layer: Layer) -> int:
    """Bytes by which a file is smaller when the int8 weights of ``layer`` have 4 bits each.

    Both sizes are rounded up to where the next constant may begin, so a converter's file may
    differ by a few bytes.
    """
    count = model.tensors[layer.weights].elements
    return _aligned(count) - _aligned(packed_size(count))


def _aligned(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED


def why_not_int4(model: Model, layer: Layer) -> str:
    """Why a layer of a file cannot have int4 weights in place; empty where it can."""
    weights = model.tensors[layer.weights]
    if weights.dtype is not DType.INT8:
        return f"its weights are {weights.dtype.value}"
    if model.tensors[layer.input].dtype is DType.INT16:
        return "its activations are INT16"
    if layer.frozen is not None:
        return layer.frozen
    if weights.buffer is None or weights.buffer.shared:
        return "its weights share their bytes with another tensor"
    if not own_scales(model, layer):
        return "its weights share their scales with another tensor"
    return ""


def in_int4(model: Model, layers: Iterable[Layer]) -> Model:
    """The file with weights of zero in 4 bits in these layers, as long as before.

    Each is one for which ``why_not_int4`` has no reason. Scales and biases stay.
    """
    data, raw = bytearray(model.data), root(model.data)
    subgraph, buffers = raw.children("subgraphs")[model.subgraph], raw.children("buffers")
    tensors = subgraph.children("tensors")
    for layer in layers:
        weights = model.tensors[layer.weights]
        if weights.buffer is None:
            raise ValueError(f"layer {layer.number} has no constant weights")
        data[tensors[layer.weights].where("type")] = TYPES.index(DType.INT4)
        begin, size = weights.buffer.offset, weights.buffer.size
        data[begin : begin + size] = bytes(size)
        _shorten(data, buffers[weights.buffer.index], packed_size(weights.elements))
    return read(bytes(data), model.signature)


def _shorten(data: bytearray, buffer: VerifiedTable, size: int) -> None:
    """Write another size into a ``Buffer`` whose bytes lie in the flatbuffer or behind it."""
    if buffer.scalar("offset", "Q") > 1:
        struct.pack_into("<Q", data, buffer.where("size"), size)
        return
    begin, _ = buffer.vector("data")
    struct.pack_into("<I", data, begin - 4, size)
