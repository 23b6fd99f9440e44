"""New parameters of the graph's inputs and outputs: each must be declared, for the caller's sake.

The firmware quantizes what it feeds and dequantizes what it reads by them. A certificate that
leaves a change out would let a file be shipped that the firmware feeds wrongly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mendlite.checker.graph import Graph
from mendlite.checker.tensor import TensorView
from mendlite.checker.text import plain, shown
from mendlite.errors import ClaimError

Entry = Mapping[str, Any]

INPUT, OUTPUT = "input", "output"


def check_interface(certificate: Mapping[str, Any], base: Graph, patched: Graph) -> tuple[str, ...]:
    """A sentence for each change; raises ClaimError unless the declared ones are exactly those."""
    changed = {(e["side"], e["number"]): e for e in _changes(base, patched)}
    declared = certificate.get("interface", [])
    listed = [(entry["side"], entry["number"]) for entry in declared]
    for place, entry in changed.items():
        if place not in listed:
            raise ClaimError(f"{_named(entry)} has new parameters that are not declared")
    for entry, place in zip(declared, listed, strict=True):
        if listed.count(place) > 1 or place not in changed:
            raise ClaimError(f"the certificate declares {_place(entry)} wrongly: it is not changed")
        if dict(entry) != changed[place]:
            raise ClaimError(
                f"the certificate declares {_place(entry)} as {shown(entry['old'])} -> "
                f"{shown(entry['new'])}, the files have {changed[place]['old']} -> "
                f"{changed[place]['new']}"
            )
    _require_quantized(certificate, changed.values())
    return tuple(_sentence(entry) for entry in changed.values())


def _changes(base: Graph, patched: Graph) -> Iterator[dict[str, Any]]:
    """What the files differ in, as a certificate declares it."""
    for side, ends, others in (
        (INPUT, base.inputs, patched.inputs),
        (OUTPUT, base.outputs, patched.outputs),
    ):
        for number, (tensor, other) in enumerate(zip(ends, others, strict=True)):
            view = base.tensors[tensor]
            old, new = _parameters(view), _parameters(patched.tensors[other])
            if old != new:
                yield {
                    "side": side,
                    "number": number,
                    "tensor": tensor,
                    "name": view.name,
                    "old": old,
                    "new": new,
                }


def _parameters(view: TensorView) -> dict[str, Any] | None:
    """Scale and zero-point of a tensor; None where it has none."""
    if view.quant is None:
        return None
    scales, zeros = view.quant.scale.tolist(), view.quant.zero_point.tolist()
    one = len(scales) == len(zeros) == 1
    return {
        "scale": float(scales[0]) if one else scales,
        "zero_point": int(zeros[0]) if one else zeros,
    }


def _require_quantized(certificate: Mapping[str, Any], changes: Iterable[Entry]) -> None:
    """Raise ClaimError where an input with another scale gets raw integers."""
    rules = certificate["recipe"]["inputs"]
    for entry in changes:
        if entry["side"] == INPUT and rules[entry["number"]]["int8"] != "quantize":
            raise ClaimError(
                f"{_named(entry)} has a new scale, but the recipe feeds it raw integers, which "
                "would mean other values"
            )


def _place(entry: Entry) -> str:
    return f"{plain(str(entry['side']), 10)} {shown(entry['number'])}"


def _named(entry: Entry) -> str:
    return f"{entry['side']} {entry['number']} {shown(entry['name'])}"


def _sentence(entry: Entry) -> str:
    verb = "feed" if entry["side"] == INPUT else "read"
    return (
        f"interface: the caller must {verb} {_named(entry)} with {_words(entry['new'])} "
        f"(base file: {_words(entry['old'])})"
    )


def _words(parameters: Mapping[str, Any] | None) -> str:
    if parameters is None:
        return "no scale"
    return f"scale {parameters['scale']!r}, zero-point {parameters['zero_point']}"
