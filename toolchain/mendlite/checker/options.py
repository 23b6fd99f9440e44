"""Which options table an operator reads: TFLite takes a union of another type for none."""

from __future__ import annotations

from mendlite.checker.flatbuffer import FlatbufferTable

UNION = {
    "CONV_2D": 1, "DEPTHWISE_CONV_2D": 2, "AVERAGE_POOL_2D": 5, "MAX_POOL_2D": 5,
    "FULLY_CONNECTED": 8, "SOFTMAX": 9, "ADD": 11, "RESHAPE": 17, "MEAN": 27, "SQUEEZE": 30,
    "STRIDED_SLICE": 32, "PACK": 59, "CALL_ONCE": 103,
}  # fmt: skip
"""The schema's ``BuiltinOptions`` of the operators whose options are read."""


def options_of(operator: FlatbufferTable, name: str) -> FlatbufferTable | None:
    """The options table of an ``Operator`` table; None where it has none of its own kind."""
    if int(operator.scalar(3, "B")) != UNION.get(name):
        return None
    return operator.child(4, "builtin_options")
