"""What the firmware's own engine does not run, of what mendlite's kernels run on the host.

The one list of it: reports name these operators, and boards get no such models. What it
accepts of the others is in docs/SPEC.md; tests compare both with the engine itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mendlite.model.graph import LAYER_OPS, Model, Operator
from mendlite.model.operator_kinds import CONVERSIONS, COPYING, RECURRENT, SELECTING, STATEFUL
from mendlite.model.recurrent import LSTM
from mendlite.model.svdf import SVDF
from mendlite.model.tensor import DType
from mendlite.replay.reference.apart import WHOLE
from mendlite.replay.reference.execute import PREPARE

INT8 = frozenset({DType.INT8})
EIGHT_BITS = frozenset({DType.INT8, DType.UINT8})
STORED = EIGHT_BITS | {DType.INT16}
STORED_OR_INT32 = STORED | {DType.INT32}
INT32 = frozenset({DType.INT32})
NUMBERS = INT32 | {DType.INT64, DType.FLOAT32}
BOOL = frozenset({DType.BOOL})
ANY = frozenset(DType)

TYPES: Mapping[str, frozenset[DType]] = {
    **dict.fromkeys(LAYER_OPS, STORED),
    **dict.fromkeys(("ADD", "SUB", "MUL"), STORED_OR_INT32),
    **dict.fromkeys(
        (
            "AVERAGE_POOL_2D",
            "MAX_POOL_2D",
            "MEAN",
            "SOFTMAX",
            "LOGISTIC",
            "TANH",
            "LEAKY_RELU",
        ),
        STORED,
    ),
    **dict.fromkeys(("RELU", "RELU6", "RELU_N1_TO_1", "HARD_SWISH", "LOG_SOFTMAX"), EIGHT_BITS),
    **dict.fromkeys(
        (
            "ELU",
            "GELU",
            "EXP",
            "LOG",
            "SQRT",
            "RSQRT",
            "PRELU",
            "SQUARED_DIFFERENCE",
            "BATCH_MATMUL",
            "L2_NORMALIZATION",
            SVDF,
            "DIV",
        ),
        INT8,
    ),
    LSTM: frozenset({DType.INT8, DType.INT16}),
    **dict.fromkeys(("MINIMUM", "MAXIMUM", "REDUCE_MAX", "REDUCE_MIN"), STORED_OR_INT32),
    "ARG_MAX": STORED_OR_INT32 | {DType.INT64},
    "SUM": INT32 | {DType.INT8, DType.INT16},
    "CUMSUM": INT32,
    **dict.fromkeys(
        ("LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL"),
        EIGHT_BITS | NUMBERS | BOOL,
    ),
    **dict.fromkeys(("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT"), BOOL),
    **dict.fromkeys(SELECTING, ANY),
    "NEG": NUMBERS,
    **dict.fromkeys(CONVERSIONS, STORED | {DType.FLOAT32}),
    **dict.fromkeys(COPYING | STATEFUL, ANY),
    **dict.fromkeys(
        (
            "RESHAPE",
            "SQUEEZE",
            "EXPAND_DIMS",
            "SHAPE",
            "PACK",
            "PAD",
            "PADV2",
            "CONCATENATION",
            "STRIDED_SLICE",
            "TRANSPOSE",
            "CAST",
        ),
        ANY,
    ),
    "RESIZE_BILINEAR": frozenset({DType.INT8, DType.INT16}),
}
"""The operators that the engine runs, and the types of their first input and their output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """An operator that the engine does not run; ``why`` ends the words "its engine runs no"."""

    operator: Operator
    why: str


def engine_lacks(model: Model) -> Iterator[Lack]:
    """The operators of a model that the engine has no kernel for."""
    for operator in model.operators:
        types = TYPES.get(operator.op)
        if types is None:
            yield Lack(operator=operator, why=operator.op)
            continue
        ends = (t for t in (*_values(operator), *operator.outputs) if t >= 0)
        others = [model.tensors[t].dtype for t in ends if model.tensors[t].dtype not in types]
        if others:
            yield Lack(operator=operator, why=f"{operator.op} of {others[0].value.lower()}")
        elif operator.op == "DIV" and not _by_constant(model, operator):
            yield Lack(operator=operator, why="DIV by computed values")


def _by_constant(model: Model, operator: Operator) -> bool:
    """Whether the second input is a constant."""
    return any(t >= 0 and model.tensors[t].data is not None for t in operator.inputs[1:2])


def _values(operator: Operator) -> tuple[int, ...]:
    """The input whose values it computes with; TRANSPOSE_CONV has its output's shape in front."""
    return operator.inputs[2:3] if operator.op == "TRANSPOSE_CONV" else operator.inputs[:1]


def host_only(model: Model) -> tuple[str, ...]:
    """The kinds of operators that mendlite's kernels run on the host and the engine does not."""
    ours = PREPARE.keys() | WHOLE.keys() | RECURRENT
    return tuple(sorted({lack.operator.op for lack in engine_lacks(model)} & ours))
