"""Which options table an operator reads: TFLite takes a union of another type for none."""

from __future__ import annotations

from mendlite.checker.flatbuffer import FlatbufferTable

UNION = {
    "CONV_2D": 1, "DEPTHWISE_CONV_2D": 2, "AVERAGE_POOL_2D": 5, "MAX_POOL_2D": 5,
    "FULLY_CONNECTED": 8, "SOFTMAX": 9, "CONCATENATION": 10, "ADD": 11, "L2_NORMALIZATION": 12,
    "RESIZE_BILINEAR": 15, "RESHAPE": 17, "SPACE_TO_DEPTH": 19, "MUL": 21, "GATHER": 23,
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"), 27), "SUB": 28, "DIV": 29,
    "SQUEEZE": 30, "STRIDED_SLICE": 32, "SPLIT": 35, "ARG_MAX": 40, "TRANSPOSE_CONV": 49,
    "PACK": 59, "UNPACK": 64, "RESIZE_NEAREST_NEIGHBOR": 74, "LEAKY_RELU": 75, "MIRROR_PAD": 77,
    "SPLIT_V": 79, "DEPTH_TO_SPACE": 94, "BATCH_MATMUL": 101, "CUMSUM": 102, "CALL_ONCE": 103,
    "VAR_HANDLE": 111, "GELU": 116, "UNIDIRECTIONAL_SEQUENCE_LSTM": 71,
    "SVDF": 6,
}  # fmt: skip
"""The schema's ``BuiltinOptions`` of the operators whose options are read."""


def options_of(operator: FlatbufferTable, name: str) -> FlatbufferTable | None:
    """The options table of an ``Operator`` table; None where it has none of its own kind."""
    if int(operator.scalar(3, "B")) != UNION.get(name):
        return None
    return operator.child(4, "builtin_options")
