"""Mutants: (original file, seed) → bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from model_fuzz.dice import Dice
from model_fuzz.edits import EDITS
from model_fuzz.tree import Parser, Sites, Table, Writer

RAW = 0.25
"""Share of mutants that are made of bytes alone."""

MOST_EDITS = 4
WEIGHTED = tuple(edit for edit, weight in EDITS for _ in range(weight))
WORDS = (0, 1, 2, 4, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC, 0x10000)


@dataclass(frozen=True)
class Original:
    """A file to change: its bytes, its tree and where its structure stands.

    ``written`` is the tree written anew: edits that keep the layout differ from it alone in place.
    """

    name: str
    data: bytes
    tree: Table
    sites: Sites
    written: bytes

    @staticmethod
    def of(name: str, data: bytes) -> Original:
        """Parse a valid file."""
        parser = Parser(data)
        tree = parser.parse()
        return Original(name, data, tree, parser.sites, Writer().write(tree.copy()))


def mutant(original: Original, dice: Dice) -> bytes:
    """One mutant."""
    if dice.chance(RAW):
        return raw_mutant(original.data, original.sites, dice)
    tree = original.tree.copy()
    for _ in range(1 + dice.below(MOST_EDITS) * dice.below(2)):
        if not _editable(tree):
            break
        dice.pick(WEIGHTED)(tree, dice)
    count = len(tree.values.get("Buffers") or ())
    outside = frozenset(range(count)) if dice.chance(0.05) else frozenset()
    data = Writer(outside).write(tree)
    return raw_mutant(data, Sites(), dice) if dice.chance(0.05) else data


def _editable(tree: Table) -> bool:
    """Whether every subgraph still has what the edits choose from."""
    graphs = tree.values.get("Subgraphs") or ()
    wanted = ("Tensors", "Operators")
    return bool(graphs) and all(g.values.get(name) for g in graphs for name in wanted)


def raw_mutant(original: bytes, sites: Sites, dice: Dice) -> bytes:
    """Bytes flipped, words of the structure replaced, the end cut off or grown."""
    data, roll = bytearray(original), dice.below(10)
    if roll == 0:
        return bytes(data[: dice.below(len(data))])
    if roll == 1:
        return bytes(data + dice.bytes(dice.below(64)))
    for _ in range(1 + dice.below(3)):
        place = dice.pick((sites.vtables, sites.offsets, sites.lengths, ()))
        if not place:
            data[dice.below(len(data))] = dice.below(256)
        elif place is sites.vtables:
            struct.pack_into("<H", data, dice.pick(place), dice.below(64))
        else:
            at = dice.pick(place)
            near = struct.unpack_from("<I", data, at)[0] + dice.pick((-4, -1, 1, 4, 8))
            struct.pack_into("<I", data, at, dice.pick((*WORDS, near % 2**32, near % 2**32)))
    return bytes(data)
