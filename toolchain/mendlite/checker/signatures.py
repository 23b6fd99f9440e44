"""Which subgraph of a file is the model: that of the signature which the certificate names."""

from __future__ import annotations

from mendlite.checker.flatbuffer import FlatbufferTable
from mendlite.errors import ClaimError, MalformedModelError

MOST_SIGNATURES = 1000


def subgraph_of(model: FlatbufferTable, signature: str | None, count: int) -> int:
    """Its number, of ``count``; the first where no signature is named.

    Raises ClaimError for a signature that the file does not have.
    """
    if signature is None:
        return 0
    vector = model.vector(7, 4, "signature_defs")
    if vector is not None and vector.count > MOST_SIGNATURES:
        raise MalformedModelError("its signatures are too many")
    tables = [] if vector is None else [vector.table(i) for i in range(vector.count)]
    numbers = [int(t.scalar(4, "I")) for t in tables if _name(t) == signature.encode()]
    if len(numbers) != 1:
        raise ClaimError("a file has not one signature of the name that the certificate has for it")
    if numbers[0] >= count:
        raise MalformedModelError("the signature names a subgraph that does not exist")
    return numbers[0]


def _name(table: FlatbufferTable) -> bytes:
    key = table.vector(2, 1, "signature_key")
    return b"" if key is None else key.array("u1").tobytes()
