"""Shapes and types of comparisons, logic, SELECT, SELECT_V2 and NEG."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from mendlite.checker.comparing import COMPARISONS, EQUALITY, scales
from mendlite.checker.prepare_pairs import broadcast, common, one_type
from mendlite.checker.site import STORED, Found, Site, named

NUMBERS = ("float32", "int32", "int64")


def comparison(site: Site) -> Found:
    """LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL and NOT_EQUAL."""
    truth = ("bool",) if site.op.name in EQUALITY else ()
    kind, shape = one_type(site, *STORED, *NUMBERS, *truth), broadcast(site)
    _require_truth(site)
    if scales(site):
        largest = max(site.parameters(site.tensor(slot))[0] for slot in (0, 1))
        if largest >= 1:
            raise site.unsupported(f"a comparison of scaled values with a scale of {largest:g}")
    elif kind == "int16" and site.op.name == "NOT_EQUAL":
        raise site.unsupported("int16 without a scale")
    elif kind == "int16" and site.op.name == "GREATER" and site.profile != "tflite_ref":
        raise site.unsupported("int16, of which TFLite Micro compares nothing")
    return shape, "bool"


def logic(site: Site) -> Found:
    """LOGICAL_AND and LOGICAL_OR."""
    kind = one_type(site, "bool")
    _require_truth(site)
    return broadcast(site), kind


def _same(site: Site, *kinds: str) -> Found:
    site.require_inputs(1)
    if site.kind(0) not in kinds:
        raise site.unsupported(f"type {site.kind(0)}")
    _require_truth(site)
    return site.tensor(0).shape, site.kind(0)


def negated(site: Site) -> Found:
    """LOGICAL_NOT."""
    return _same(site, "bool")


def negative(site: Site) -> Found:
    """NEG."""
    return _same(site, *NUMBERS, "int8", "int16")


def selection(site: Site) -> Found:
    """SELECT and SELECT_V2."""
    site.require_inputs(3)
    condition, first, second = (site.tensor(slot) for slot in range(3))
    if site.kind(0) != "bool" or site.kind(1) != site.kind(2):
        raise site.wrong(f"types {', '.join(site.kind(slot) for slot in range(3))}")
    if site.kind(1) not in {*STORED, *NUMBERS, "bool"}:
        raise site.unsupported(f"type {site.kind(1)}")
    _require_truth(site)
    shapes = [t.shape for t in (condition, first, second, site.output)]
    if all(np.prod(shape, dtype=np.int64) == 1 for shape in shapes):
        return site.output.shape, site.kind(1)
    if site.op.name == "SELECT_V2":
        return common(site, common(site, shapes[0], shapes[1]), shapes[2]), site.kind(1)
    if shapes[2] != shapes[1] or shapes[0] not in {(), shapes[1], shapes[1][:1]}:
        raise site.wrong(f"a condition {list(shapes[0])} of {list(shapes[1])}, {list(shapes[2])}")
    return shapes[1], site.kind(1)


def _require_truth(site: Site) -> None:
    """A constant of truth values holds 0 and 1 alone."""
    for slot in range(len(site.op.inputs)):
        data = site.tensor(slot).data
        if data is not None and site.kind(slot) == "bool" and data.view(np.uint8).max() > 1:
            raise site.wrong(f"{named(site.tensor(slot))} holds a byte that is neither 0 nor 1")


RULES: Mapping[str, Callable[[Site], Found | list[Found]]] = {
    **dict.fromkeys(COMPARISONS, comparison),
    **dict.fromkeys(("LOGICAL_AND", "LOGICAL_OR"), logic),
    "LOGICAL_NOT": negated,
    **dict.fromkeys(("SELECT", "SELECT_V2"), selection),
    "NEG": negative,
}
