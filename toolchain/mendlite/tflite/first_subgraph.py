"""A copy of a file in which the chosen signature's subgraph is the first: runtimes run that one."""

from __future__ import annotations

import struct

from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.tflite.verified_table import root


def with_first_subgraph(model: Model) -> bytes:
    """The file's bytes, the vector of subgraphs without those of other signatures.

    Initialising subgraphs keep their numbers, by which CALL_ONCE names them. The list of signatures
    is empty, because it counts the subgraphs as they were. The bytes of a file that was read
    without naming a signature are its own. Raises UnsupportedModelError for a layout of which no
    copy in place can be made.
    """
    if model.signature is None:
        return model.data
    raw, data = root(model.data), bytearray(model.data)
    begin, _ = raw.vector("subgraphs")
    tables = [table.at for table in raw.children("subgraphs")]
    kept = _initialising(model)
    between = [n if n in kept else min(kept) for n in range(1, max(kept, default=0) + 1)]
    order = [model.subgraph, *between]
    for place, number in enumerate(order):
        at = begin + 4 * place
        if tables[number] <= at:
            raise UnsupportedModelError(
                f"subgraph {number} lies before the list of subgraphs: no runtime can be made to "
                f"run signature '{model.signature}' first"
            )
        struct.pack_into("<I", data, at, tables[number] - at)
    struct.pack_into("<I", data, begin - 4, len(order))
    signatures, _ = raw.vector("signature_defs")
    struct.pack_into("<I", data, signatures - 4, 0)
    return bytes(data)


def _initialising(model: Model) -> set[int]:
    """The numbers of the subgraphs that CALL_ONCE runs."""
    numbers = (o.options.get("init_subgraph_index") for o in model.operators if o.op == "CALL_ONCE")
    return {number for number in numbers if isinstance(number, int)}


def require_first_subgraph(model: Model, what: str) -> None:
    """Raise UnsupportedModelError for a signature of another subgraph; ``what`` lacks them."""
    if model.subgraph != 0:
        raise UnsupportedModelError(
            f"signature '{model.signature}' was named: {what} runs a file's first subgraph alone"
        )
