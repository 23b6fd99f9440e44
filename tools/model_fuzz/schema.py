"""The fields of the schema's tables, learnt from the ``tflite`` package's own builders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

OFFSETS = {
    "Model": {
        "OperatorCodes": "[OperatorCode]", "Subgraphs": "[SubGraph]", "Description": "text",
        "Buffers": "[Buffer]", "MetadataBuffer": "i4", "Metadata": "[Metadata]",
        "SignatureDefs": "[SignatureDef]",
    },
    "SubGraph": {
        "Tensors": "[Tensor]", "Inputs": "i4", "Outputs": "i4", "Operators": "[Operator]",
        "Name": "text",
    },
    "Tensor": {
        "Shape": "i4", "Name": "text", "Quantization": "QuantizationParameters",
        "Sparsity": "SparsityParameters", "ShapeSignature": "i4",
    },
    "QuantizationParameters": {
        "Min": "f4", "Max": "f4", "Scale": "f4", "ZeroPoint": "i8", "Details": "details",
    },
    "CustomQuantization": {"Custom": "u1"},
    "Operator": {
        "Inputs": "i4", "Outputs": "i4", "BuiltinOptions": "options", "CustomOptions": "u1",
        "MutatingVariableInputs": "u1", "Intermediates": "i4",
    },
    "OperatorCode": {"CustomCode": "text"},
    "Buffer": {"Data": "data"},
    "Metadata": {"Name": "text"},
    "SignatureDef": {"Inputs": "[TensorMap]", "Outputs": "[TensorMap]", "SignatureKey": "text"},
    "TensorMap": {"Name": "text"},
    "SparsityParameters": {},
}  # fmt: skip
"""What an offset field leads to; a vector of an options table holds int32."""

SCALARS = {
    "Bool": "?", "Int8": "b", "Uint8": "B", "Int16": "h", "Uint16": "H", "Int32": "i",
    "Uint32": "I", "Int64": "q", "Uint64": "Q", "Float32": "f", "Float64": "d",
}  # fmt: skip
"""``struct`` forms of the builder's scalar slots."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field by name and slot; ``kind`` is a ``struct`` form, or what its offset leads to."""

    name: str
    slot: int
    kind: str
    scalar: bool


DETAILS = {1: "CustomQuantization", 2: "BlockwiseQuantization"}
"""Tables of a quantization's details by their number in the union."""

BLOCKWISE = tuple(
    Field(name, slot, "i", scalar=True)
    for slot, name in enumerate(("Scales", "ZeroPoints", "BlockSize"))
)
"""The fields of a table that the package is too old for."""


class _Recorder:
    """A builder that notes which slot a generated function fills, and how."""

    def __init__(self) -> None:
        self.slot, self.kind = -1, ""

    def __getattr__(self, name: str) -> Any:
        def note(slot: int, _value: Any, _default: Any) -> None:
            self.slot, self.kind = slot, name.removeprefix("Prepend").removesuffix("Slot")

        return note


@cache
def fields(table: str) -> tuple[Field, ...]:
    """The fields of a table by slot; those that lead to what is not known here are left out."""
    import tflite

    if table == "BlockwiseQuantization":
        return BLOCKWISE
    known = OFFSETS.get(table)
    found = []
    for name in dir(tflite):
        if not name.startswith(f"{table}Add"):
            continue
        recorder = _Recorder()
        getattr(tflite, name)(recorder, 0)
        field = name.removeprefix(f"{table}Add")
        kind = SCALARS.get(recorder.kind)
        leads = "i4" if known is None else known.get(field)
        if kind is not None:
            found.append(Field(field, recorder.slot, kind, scalar=True))
        elif leads is not None:
            found.append(Field(field, recorder.slot, leads, scalar=False))
    return tuple(sorted(found, key=lambda f: f.slot))


@cache
def options() -> dict[int, str]:
    """Names of the operators' options tables by their number in the union."""
    import tflite

    named = {v: n for n, v in vars(tflite.BuiltinOptions).items() if isinstance(v, int) and v}
    return {v: n for v, n in named.items() if hasattr(tflite, f"{n}Start")}
