"""A copy of a file whose graph outputs are other tensors.

Reading intermediate tensors through a runtime's debug switch is unreliable: tflite-runtime
2.14 overwrites the inputs of operators that run in place even with the option to preserve them. An
output is right on every runtime.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from mendlite.model.graph import Model
from mendlite.tflite.first_subgraph import with_first_subgraph

_OUTPUTS_SLOT = 4 + 2 * 2
"""Vtable offset of SubGraph.outputs, the third field."""


def with_outputs(model: Model, tensors: Sequence[int]) -> bytes:
    """The file's bytes with ``tensors`` as the graph's outputs.

    Of several signatures' subgraphs, the model's is the first in it. The new vector is appended and
    the subgraph's offset is pointed at it; nothing else moves.
    """
    import tflite

    file = with_first_subgraph(model)
    subgraph = tflite.Model.GetRootAsModel(file, 0).Subgraphs(0)
    table = subgraph._tab  # noqa: SLF001 - the accessors do not tell positions
    field = table.Pos + table.Offset(_OUTPUTS_SLOT)
    data = bytearray(file)
    # Buffers keep their 16-byte alignment because nothing before the end moves.
    data += bytes(-len(data) % 16)
    struct.pack_into("<I", data, field, len(data) - field)
    data += struct.pack(f"<{len(tensors) + 1}I", len(tensors), *tensors)
    data += bytes(-len(data) % 16)
    return bytes(data)
