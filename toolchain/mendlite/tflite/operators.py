"""Read the operators of a verified file, and check what they read and write."""

from __future__ import annotations

from typing import Any

from mendlite.errors import MalformedModelError
from mendlite.model.graph import Operator
from mendlite.model.tensor import Tensor
from mendlite.tflite.compiled import COMPILED
from mendlite.tflite.options import enum_names, read_options
from mendlite.tflite.tensors import text

_BUILTIN_CODE_SLOT = 4 + 2 * 3
"""Vtable offset of OperatorCode.builtin_code, the fourth field."""


def builtin_code(code: Any) -> int:
    """The number of a ``tflite.OperatorCode``: the larger of its two raw fields.

    As ``GetBuiltinCode`` in TFLite's schema_utils.cc. A writer may fill either field alone; the
    package's own ``BuiltinCode()`` takes the deprecated field for every number below 127.
    """
    from flatbuffers.number_types import Int32Flags

    table = code._tab  # noqa: SLF001 - the accessor does not give the raw field
    raw = table.GetSlot(_BUILTIN_CODE_SLOT, 0, Int32Flags)
    return max(int(raw), int(code.DeprecatedBuiltinCode()))


def _code_name(model: Any, index: int, place: str) -> tuple[str, int]:
    """The operator's name and version."""
    import tflite

    if index >= model.OperatorCodesLength():
        raise MalformedModelError(f"{place}: operator code {index} does not exist")
    code = model.OperatorCodes(index)
    number = builtin_code(code)
    if number < 0:
        raise MalformedModelError(f"{place}: its operator code {number} is negative")
    name = enum_names(tflite.BuiltinOperator).get(number, f"BUILTIN_{number}")
    if name == "CUSTOM":
        name = f"CUSTOM:{text(code.CustomCode())}"
    return name, code.Version()


def _indices(vector: Any, tensors: int, lowest: int, place: str) -> tuple[int, ...]:
    found = tuple(int(v) for v in vector) if not isinstance(vector, int) else ()
    for index in found:
        if not lowest <= index < tensors:
            raise MalformedModelError(f"{place}: tensor {index} does not exist")
    return found


def _operator(model: Any, raw: Any, index: int, tensors: int) -> Operator:
    place = f"operator {index}"
    name, version = _code_name(model, raw.OpcodeIndex(), place)
    place = f"operator {index} {name}"
    return Operator(
        index=index,
        op=name,
        version=version,
        inputs=_indices(raw.InputsAsNumpy(), tensors, -1, place),
        outputs=_indices(raw.OutputsAsNumpy(), tensors, 0, place),
        options=read_options(raw, name, place),
    )


def read_operators(model: Any, subgraph: Any, tensors: int) -> tuple[Operator, ...]:
    """All operators of one subgraph, in execution order.

    Raises MalformedModelError where one names a tensor that does not exist.
    """
    return tuple(
        _operator(model, subgraph.Operators(index), index, tensors)
        for index in range(subgraph.OperatorsLength())
    )


def require_order(
    tensors: tuple[Tensor, ...], operators: tuple[Operator, ...], inputs: tuple[int, ...]
) -> None:
    """Raise MalformedModelError where an operator reads what nothing has written before it."""
    known = {t.index for t in tensors if t.buffer or t.is_variable or 0 in t.shape} | set(inputs)
    written: set[int] = set()
    for operator in operators:
        place = f"operator {operator.index} {operator.op}"
        for index in operator.inputs:
            # A compiler's operator reads scratch memory that nothing writes.
            if index >= 0 and index not in known and operator.op not in COMPILED:
                raise MalformedModelError(f"{place}: nothing writes tensor {index} before it")
        for index in operator.outputs:
            if index in written or tensors[index].buffer is not None:
                raise MalformedModelError(f"{place}: tensor {index} is written twice")
        written |= set(operator.outputs)
        known |= written
