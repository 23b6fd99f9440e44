"""Read the operators of a verified file, and check what they read and write."""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.errors import MalformedModelError
from mendlite.model.graph import Operator
from mendlite.model.operator_kinds import may_write_nothing
from mendlite.model.tensor import Tensor
from mendlite.tflite.compiled import COMPILED
from mendlite.tflite.options import enum_names, read_options
from mendlite.tflite.tensors import text
from mendlite.tflite.verified_table import VerifiedTable


def builtin_code(code: VerifiedTable) -> int:
    """The number of an ``OperatorCode``: the larger of its two fields.

    As ``GetBuiltinCode`` in TFLite's schema_utils.cc: a writer may fill either field alone.
    """
    return max(
        int(code.scalar("builtin_code", "i")), int(code.scalar("deprecated_builtin_code", "b"))
    )


def _code_name(codes: Sequence[VerifiedTable], index: int, place: str) -> tuple[str, int]:
    """The operator's name and version."""
    import tflite

    if index >= len(codes):
        raise MalformedModelError(f"{place}: operator code {index} does not exist")
    code = codes[index]
    number = builtin_code(code)
    if number < 0:
        raise MalformedModelError(f"{place}: its operator code {number} is negative")
    name = enum_names(tflite.BuiltinOperator).get(number, f"BUILTIN_{number}")
    if name == "CUSTOM":
        name = f"CUSTOM:{text(code.text('custom_code'))}"
    return name, int(code.scalar("version", "i", 1))


def _indices(indices: tuple[int, ...], tensors: int, lowest: int, place: str) -> tuple[int, ...]:
    for index in indices:
        if not lowest <= index < tensors:
            raise MalformedModelError(f"{place}: tensor {index} does not exist")
    return indices


def _operator(
    codes: Sequence[VerifiedTable], raw: VerifiedTable, index: int, tensors: int
) -> Operator:
    place = f"operator {index}"
    name, version = _code_name(codes, raw.scalar("opcode_index", "I"), place)
    place = f"operator {index} {name}"
    return Operator(
        index=index,
        op=name,
        version=version,
        inputs=_indices(raw.integers("inputs"), tensors, -1, place),
        outputs=_indices(raw.integers("outputs"), tensors, 0, place),
        options=read_options(raw, name, place),
        intermediates=_indices(raw.integers("intermediates"), tensors, -1, place),
    )


def read_operators(
    model: VerifiedTable, subgraph: VerifiedTable, tensors: int
) -> tuple[Operator, ...]:
    """All operators of one subgraph, in execution order.

    Raises MalformedModelError where one names a tensor that does not exist.
    """
    codes = model.children("operator_codes")
    return tuple(
        _operator(codes, raw, index, tensors)
        for index, raw in enumerate(subgraph.children("operators"))
    )


def require_order(
    tensors: tuple[Tensor, ...], operators: tuple[Operator, ...], inputs: tuple[int, ...]
) -> None:
    """Raise MalformedModelError where an operator reads what nothing has written before it.

    Also where it has no output, writes an input of the model, or a tensor that is read or written
    before: each tensor has one producer, and walks from one producer to the next end.
    """
    known = {t.index for t in tensors if t.buffer or t.is_variable or 0 in t.shape} | set(inputs)
    taken = dict.fromkeys(inputs, "is an input of the model")
    taken |= {t.index: "is written twice" for t in tensors if t.buffer is not None}
    for operator in operators:
        place = f"operator {operator.index} {operator.op}"
        # A compiler's operator reads scratch memory that nothing writes.
        for index in () if operator.op in COMPILED else operator.inputs:
            if index >= 0 and index not in known:
                raise MalformedModelError(f"{place}: nothing writes tensor {index} before it")
            taken.setdefault(index, "is read before it is written")
        if not operator.outputs and not may_write_nothing(operator.op):
            raise MalformedModelError(f"{place}: it has no output")
        for index in operator.outputs:
            if index in taken:
                raise MalformedModelError(f"{place}: tensor {index} {taken[index]}")
            taken[index] = "is written twice"
        known.update(operator.outputs)
