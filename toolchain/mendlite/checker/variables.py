"""Variables: what a model keeps from one frame of a recording to the next, and their first values.

CALL_ONCE runs an initialising subgraph, whose ASSIGN_VARIABLEs of constants are read here. Handles
of one container and name stand for one variable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.tensor import TensorView
from mendlite.errors import MalformedModelError, UnsupportedModelError

STATE = frozenset({"CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"})
"""Operators that keep values from one frame to the next."""

ENDS: Mapping[str, tuple[int | None, int]] = {
    "VAR_HANDLE": (None, 1),
    "READ_VARIABLE": (1, 1),
    "ASSIGN_VARIABLE": (2, 0),
}
"""Numbers of inputs and outputs; None: any."""

Key = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """``keys`` by handle of the first subgraph, ``first`` values' tensors by key.

    ``lacking``: why the checker does not run them; empty where it does.
    """

    keys: Mapping[int, Key] = field(default_factory=dict)
    first: Mapping[Key, int] = field(default_factory=dict)
    lacking: str = ""


def key_of(op: Any) -> Key:
    """Container and name of a VAR_HANDLE."""
    texts = [None if op.options is None else op.options.vector(f, 1, "name") for f in (0, 1)]
    first, second = (b"" if text is None else text.array("u1").tobytes() for text in texts)
    return first, second


def read_variables(
    ops: Sequence[Any], others: Sequence[tuple[int, Sequence[Any]]], tensors: Sequence[TensorView]
) -> Variables:
    """Of the first subgraph's ``ops`` and the initialising ones: (first tensor, operators).

    Raises MalformedModelError where an operator has not the ends that its kind has.
    """
    for op in (*ops, *(one for _, inside in others for one in inside)):
        _require_ends(op)
    first: dict[Key, int] = {}
    for offset, inside in others:
        handles = {op.outputs[0]: key_of(op) for op in inside if op.name == "VAR_HANDLE"}
        for op in inside:
            if op.name == "ASSIGN_VARIABLE" and op.inputs[0] in handles:
                first[handles[op.inputs[0]]] = op.inputs[1] + offset
            elif op.name != "VAR_HANDLE":
                return Variables(lacking=f"an initialising subgraph has {op.name}")
    if any(not 0 <= t < len(tensors) or tensors[t].data is None for t in first.values()):
        return Variables(lacking="a variable's first value is no constant")
    keys = {op.outputs[0]: key_of(op) for op in ops if op.name == "VAR_HANDLE"}
    if set(keys.values()) - first.keys():
        return Variables(lacking="a variable has no first value")
    uses = [op.name for op in ops if op.name in STATE - {"VAR_HANDLE"}]
    calls = uses.count("CALL_ONCE")
    if "CALL_ONCE" in uses[calls:]:
        return Variables(lacking="variables are used before CALL_ONCE")
    return Variables(keys=keys, first=first)


def _require_ends(op: Any) -> None:
    """The kernels of variables read and write just these."""
    if op.name not in ENDS:
        return
    found = len(op.inputs), len(op.outputs)
    reads, writes = ENDS[op.name]
    if found != (found[0] if reads is None else reads, writes) or min(op.inputs, default=0) < 0:
        raise MalformedModelError(
            f"operator {op.index} {op.name}: it has {found[0]} inputs and {found[1]} outputs, or "
            "one is left out"
        )


def require_variable(site: Any, variables: Variables) -> None:
    """Raise unless what an operator reads or stores has its variable's shape and type."""
    if variables.lacking:
        raise UnsupportedModelError(f"the checker does not run its state: {variables.lacking}")
    if site.op.name in {"CALL_ONCE", "VAR_HANDLE"}:
        return
    if site.op.inputs[0] not in variables.keys:
        raise _lacking(site, "its variable is not known")
    held = site.graph.tensors[variables.first[variables.keys[site.op.inputs[0]]]]
    value = site.output if site.op.name == "READ_VARIABLE" else site.tensor(1)
    if value.dtype is None or min(value.shape, default=0) < 1:
        raise _lacking(site, f"its value is {value.dtype} {list(value.shape)}")
    if (value.shape, value.dtype) != (held.shape, held.dtype):
        raise _lacking(site, "its value has not the shape and type of the variable's first one")


def first_values(
    variables: Variables, tensors: Sequence[TensorView], count: int
) -> dict[Key, NDArray[Any]]:
    """What the first frame of ``count`` recordings reads."""
    return {
        key: np.concatenate([np.atleast_1d(np.asarray(tensors[t].data))] * count)
        for key, t in variables.first.items()
    }


def _lacking(site: Any, why: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"operator {site.op.index} {site.op.name}: the checker does not run it ({why})"
    )
