"""How the axes of stored samples may stand to the axes of an input."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, permutations
from math import prod

from mendlite.errors import BadInputError
from mendlite.understanding.asked import Layout

COLOURS = (2, 3, 4)
"""Lengths of an axis that is one of channels."""

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """An order of axes (``Preprocessing.transpose``; empty: as stored), and what it is called."""

    words: str
    transpose: tuple[int, ...] = ()


STORED = Arrangement(words="")
FIRST = "stored channels first"
LAST = "stored channels last"
SWAPPED = "stored with two axes swapped"


def arrangements(stored: Shape, needed: Shape) -> tuple[Arrangement, ...]:
    """The orders in which a stored sample fits an input; empty where it has another size.

    More than one where the shapes leave it open: a flat sample of an image with channels.
    """
    if prod(stored) != prod(needed):
        return ()
    a, b = _long(stored), _long(needed)
    if a == b:
        return (STORED,)
    if sorted(a) == sorted(b):
        return (_moved(stored, needed),)
    if len(a) == 1 and (order := first_order(needed)):
        return (STORED, Arrangement(words=FIRST, transpose=order))
    return (STORED,)


def others(needed: Shape) -> tuple[Arrangement, ...]:
    """Orders that samples of the input's own shape may still be stored in, by mistake."""
    orders = [Arrangement(words=FIRST, transpose=o) for o in (first_order(needed),) if o]
    orders += [Arrangement(words=LAST, transpose=o) for o in (last_order(needed),) if o]
    orders += [Arrangement(words=SWAPPED, transpose=o) for o in (swapped(needed),) if o]
    return tuple(orders)


def _long(shape: Shape) -> list[int]:
    return [n for n in shape if n > 1]


def _moved(stored: Shape, needed: Shape) -> Arrangement:
    """The order that turns one shape into the other, moving as few axes as possible."""
    a, b = _long(stored), _long(needed)
    fitting = [p for p in permutations(range(len(a))) if [a[i] for i in p] == b]
    chosen = min(fitting, key=_disorder)
    places = iter(chosen)
    ones = iter(range(len(a), len(needed)))
    transpose = tuple(next(places) if n > 1 else next(ones) for n in needed)
    words = SWAPPED if len(a) == 2 else LAST
    if len(a) == 3 and chosen == (1, 2, 0):
        words = FIRST
    return Arrangement(words=words, transpose=transpose)


def _disorder(order: tuple[int, ...]) -> int:
    """How many neighbours are out of order."""
    return sum(second != first + 1 for first, second in pairwise(order))


def first_order(needed: Shape) -> tuple[int, ...]:
    """The order of samples stored channels first, of an input that takes them last; () if none."""
    last = len(needed) == 3 and needed[-1] in COLOURS and needed[0] not in COLOURS
    return (1, 2, 0) if last else ()


def last_order(needed: Shape) -> tuple[int, ...]:
    """The order of samples stored channels last, of an input that takes them first; () if none."""
    first = len(needed) == 3 and needed[0] in COLOURS and needed[-1] not in (1, *COLOURS)
    return (2, 0, 1) if first else ()


def swapped(needed: Shape) -> tuple[int, ...]:
    """The order with the first two long axes swapped; () where there are none."""
    long = [i for i, n in enumerate(needed) if n > 1]
    if len(long) < 2:
        return ()
    order = list(range(len(needed)))
    order[long[0]], order[long[1]] = long[1], long[0]
    return tuple(order)


def asked_arrangement(layout: Layout, needed: Shape) -> Arrangement:
    """The order of a layout that the user chose; raises BadInputError where it means nothing."""
    if layout == "as-stored":
        return STORED
    if layout == "swapped" and (order := swapped(needed)):
        return Arrangement(words=SWAPPED, transpose=order)
    orders = {"nchw": (first_order(needed), FIRST), "nhwc": (last_order(needed), LAST)}
    if layout in orders and len(needed) == 3:
        order, words = orders[layout]
        return Arrangement(words=words, transpose=order) if order else STORED
    raise BadInputError(f"`layout` {layout} means nothing for an input of shape {list(needed)}")
