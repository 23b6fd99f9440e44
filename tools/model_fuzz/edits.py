"""Edits of a file's tree: every one still writes a flatbuffer, not always a sensible model."""

from __future__ import annotations

import struct
from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np

from model_fuzz.dice import Dice
from model_fuzz.schema import fields, options
from model_fuzz.tree import Table

Edit = Callable[[Table, Dice], None]

OPERATORS = (
    0, 1, 2, 3, 4, 6, 9, 14, 17, 18, 19, 20, 21, 22, 25, 28, 32, 34, 36, 39, 40, 41, 43, 45, 49, 50,
    53, 60, 65, 67, 70, 77, 83, 97, 102, 114, 126, 127, 150, 206,
)  # fmt: skip
"""Codes that change often: what the kernels run, and some that they do not."""

ITEM = {0: 4, 1: 2, 2: 4, 3: 1, 4: 8, 6: 1, 7: 2, 8: 8, 9: 1, 10: 8, 12: 8, 15: 4, 16: 2}
"""Bytes of an element by the schema's type."""


def _subgraph(model: Table, dice: Dice) -> Table:
    subgraphs: list[Table] = model.values["Subgraphs"]
    return dice.pick(subgraphs)


def _tensor(model: Table, dice: Dice) -> Table:
    tensors: list[Table] = _subgraph(model, dice).values["Tensors"]
    return dice.pick(tensors)


def _operator(model: Table, dice: Dice) -> Table:
    operators: list[Table] = _subgraph(model, dice).values["Operators"]
    return dice.pick(operators)


def any_field(model: Table, dice: Dice) -> None:
    """Set, change or drop a field of any table."""
    change_field(dice.pick(list(model.tables())), dice)


def change_field(table: Table, dice: Dice) -> None:
    """Set, change or drop a field of one table."""
    known = fields(table.name)
    if not known:
        return
    one = dice.pick(known)
    value = table.values.get(one.name)
    if dice.chance(0.08):
        table.values.pop(one.name, None)
    elif one.scalar:
        table.values[one.name] = _scalar(one.kind, value, dice)
    elif isinstance(value, np.ndarray) or (value is None and one.kind in {"i4", "f4", "i8"}):
        old = np.zeros(0, f"<{one.kind}") if value is None else value
        table.values[one.name] = dice.changed(old)
    elif isinstance(value, bytes):
        table.values[one.name] = dice.bytes(dice.pick((0, 1, 4, len(value), len(value) + 1)))
    elif isinstance(value, list) and value:
        _reorder(value, dice)


def _reorder(children: list[Table], dice: Dice) -> None:
    """Double, drop or move a child."""
    at, roll = dice.below(len(children)), dice.below(3)
    child = children[at]
    if roll:
        del children[at]
    if roll != 1:
        children.insert(dice.below(len(children) + 1), child)


def _scalar(kind: str, value: Any, dice: Dice) -> Any:
    if kind == "?":
        return not value
    if kind in "fd":
        # NaN and infinities fit float32; what is beyond it would not pack.
        return float(np.float32(dice.real(float(value or 1.0))))
    new = dice.integer() if dice.chance(0.7) else int(value or 0) + dice.pick((-1, 1))
    bits = 8 * struct.calcsize(kind)
    return new % 2**bits if kind.isupper() else (new + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


def shape(model: Table, dice: Dice) -> None:
    """Change a shape; sometimes the constant's bytes with it."""
    tensor = _tensor(model, dice)
    old = tensor.values.get("Shape", np.zeros(0, "<i4"))
    tensor.values["Shape"] = dice.changed(old)
    if dice.chance(0.5):
        refit(model, tensor, dice)


def extents(model: Table, dice: Dice) -> None:
    """Change all extents of one length together, bytes included: shapes may still agree."""
    tensors = [t for g in model.values["Subgraphs"] for t in g.values["Tensors"]]
    lengths = sorted({int(v) for t in tensors for v in t.values.get("Shape", ())})
    if not lengths:
        return
    old, new = dice.pick(lengths), dice.pick((1, 1, 2, 3, 4, 5, 7, 8, 12, 0))
    for tensor in tensors:
        found = tensor.values.get("Shape")
        if found is not None and old in found:
            tensor.values["Shape"] = np.where(found == old, new, found).astype("<i4")
            refit(model, tensor, dice)
            quant = tensor.values.get("Quantization")
            for name in ("Scale", "ZeroPoint") if quant is not None else ():
                if len(quant.values.get(name, ())) == old > 1:
                    quant.values[name] = np.resize(quant.values[name], new)


def refit(model: Table, tensor: Table, dice: Dice) -> None:
    """Make a constant's bytes as many as its shape and type take; small ones alone."""
    number, buffers = tensor.values.get("Buffer", 0), model.values.get("Buffers", [])
    size = ITEM.get(tensor.values.get("Type", 0), 1)
    for extent in tensor.values.get("Shape", ()):
        size *= max(int(extent), 0)
    if 0 < number < len(buffers) and buffers[number].values.get("Data") and size < 2**16:
        old = buffers[number].values["Data"]
        fresh = old + dice.bytes(max(size - len(old), 0))
        buffers[number].values["Data"] = fresh[:size]


def element_type(model: Table, dice: Dice) -> None:
    """Give a tensor another type."""
    tensor = _tensor(model, dice)
    tensor.values["Type"] = dice.pick((0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 9, 9, 10, 17, 19, 21, -1))
    if dice.chance(0.6):
        refit(model, tensor, dice)


def quantization(model: Table, dice: Dice) -> None:
    """Change, share or drop the quantization of a tensor."""
    tensor, roll = _tensor(model, dice), dice.below(10)
    quant = tensor.values.get("Quantization")
    if roll == 0:
        tensor.values.pop("Quantization", None)
    elif roll == 1 or quant is None:
        other = _tensor(model, dice).values.get("Quantization")
        tensor.values["Quantization"] = copy(other) if other is not None else _one_scale(dice)
    elif roll < 6:
        old = quant.values.get("Scale", np.ones(1, "<f4"))
        quant.values["Scale"] = dice.changed(old)
    elif roll < 9:
        old = quant.values.get("ZeroPoint", np.zeros(1, "<i8"))
        quant.values["ZeroPoint"] = dice.changed(old)
    else:
        quant.values["QuantizedDimension"] = dice.pick((-1, 0, 1, 2, 3, 4, 2**31 - 1))


def _one_scale(dice: Dice) -> Table:
    scale = np.array([dice.real(0.05)], "<f4")
    return Table("QuantizationParameters", {"Scale": scale, "ZeroPoint": np.zeros(1, "<i8")})


def buffer(model: Table, dice: Dice) -> None:
    """Other bytes, another length, another buffer, or a place outside the flatbuffer."""
    buffers = model.values.get("Buffers", [])
    if not buffers:
        return
    chosen, roll = dice.pick(buffers), dice.below(8)
    data = chosen.values.get("Data", b"")
    if roll < 4 and data:
        raw = bytearray(data)
        for _ in range(1 + dice.below(8)):
            raw[dice.below(len(raw))] = dice.below(256)
        chosen.values["Data"] = bytes(raw) if roll else dice.bytes(len(raw))
    elif roll == 4:
        chosen.values["Data"] = dice.bytes(max(0, len(data) + dice.pick((-4, -1, 1, 4))))
    elif roll == 5:
        chosen.values.pop("Data", None)
    elif roll == 6:
        _tensor(model, dice).values["Buffer"] = dice.below(len(buffers) + 1)
    else:
        chosen.values |= {
            "Offset": dice.pick((1, 2, 16, 2**20, 2**63)),
            "Size": abs(dice.integer()),
        }


def operator_code(model: Table, dice: Dice) -> None:
    """Another operator, in either field or in both, or another version."""
    codes = model.values.get("OperatorCodes", [])
    if not codes:
        return
    code, number, roll = dice.pick(codes), dice.pick(OPERATORS), dice.below(6)
    if roll in {0, 1}:
        code.values["DeprecatedBuiltinCode"] = min(number, 127)
    if roll in {0, 2, 3}:
        code.values["BuiltinCode"] = number
    if roll == 3:
        code.values["DeprecatedBuiltinCode"] = 0
    if roll == 4:
        code.values |= {"BuiltinCode": 32, "CustomCode": dice.pick((b"x", b"ethos-u", b"\xff"))}
    if roll == 5:
        code.values["Version"] = dice.integer()


def wiring(model: Table, dice: Dice) -> None:
    """What an operator or the graph reads and writes."""
    subgraph = _subgraph(model, dice)
    operators, count = subgraph.values["Operators"], len(subgraph.values["Tensors"])
    table = subgraph if dice.chance(0.2) or not operators else dice.pick(operators)
    name = dice.pick(("Inputs", "Inputs", "Outputs"))
    old = table.values.get(name, np.zeros(0, "<i4"))
    found, at, roll = list(old), dice.below(len(old)), dice.below(7)
    tensor = dice.pick((-1, dice.below(count), dice.below(count), count))
    if roll < 3 and found:
        found[at] = tensor
    elif roll == 3 and found:
        del found[at]
    elif roll == 4:
        found.insert(at, tensor)
    elif roll == 5:
        found.reverse()
    elif found:
        found = found[:1]
    table.values[name] = np.array(found, "<i4")


def operator_options(model: Table, dice: Dice) -> None:
    """A field of an operator's options, or other options."""
    operator, roll = _operator(model, dice), dice.below(12)
    table = operator.values.get("BuiltinOptions")
    if roll == 0:
        operator.values["BuiltinOptionsType"] = dice.below(130)
    elif roll == 1:
        operator.values.pop("BuiltinOptions", None)
    elif roll == 2 or table is None:
        number = dice.pick(sorted(options()))
        operator.values |= {
            "BuiltinOptionsType": number, "BuiltinOptions": Table(options()[number]),
        }  # fmt: skip
        change_field(operator.values["BuiltinOptions"], dice)
    else:
        _set_option(table, dice)


def _set_option(table: Table, dice: Dice) -> None:
    scalars = [f for f in fields(table.name) if f.scalar]
    if not scalars or dice.chance(0.2):
        change_field(table, dice)
        return
    one = dice.pick(scalars)
    value = dice.pick((0, 1, 1, 2, 2, 3, 4, 5, -1))
    if one.kind == "?":
        table.values[one.name] = bool(value % 2)
    elif one.kind in "fd":
        table.values[one.name] = float(np.float32(dice.real(1.0)))
    else:
        table.values[one.name] = value % 256 if one.kind.isupper() else value


def order(model: Table, dice: Dice) -> None:
    """Operators doubled, dropped or moved."""
    operators = _subgraph(model, dice).values["Operators"]
    if operators:
        _reorder(operators, dice)


def subgraphs(model: Table, dice: Dice) -> None:
    """Subgraphs doubled, dropped or moved."""
    _reorder(model.values["Subgraphs"], dice)


EDITS: tuple[tuple[Edit, int], ...] = (
    (any_field, 3), (shape, 4), (extents, 4), (element_type, 3), (quantization, 5), (buffer, 3),
    (operator_code, 3), (wiring, 4), (operator_options, 6), (order, 1), (subgraphs, 1),
)  # fmt: skip
"""All edits with how often each is made."""
