"""Choose the sections that a linker with --gc-sections keeps, and add up their bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from firmware_fit.objects import ALLOCATED, MERGED_STRINGS, WRITE, Object, Section

ENTRY = "mendlite_reset_handler"
KEPT = (".vectors", ".boot")
"""What port/sections.ld and the boards' scripts begin with or KEEP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """Bytes that objects need: ``flash``, ``ram``, and of flash each object's part.

    Too low by what the C library adds, by padding and by tables for C++ exceptions.
    """

    flash: int
    ram: int
    flash_of: Counter[str]


def needed(objects: Sequence[Object]) -> Needed:
    """What the sections need that are reached from the entry and from what is kept.

    A symbol of several objects is the first one's, as for a linker that reads an archive.
    """
    flash, ram, flash_of = 0, 0, Counter[str]()
    strings: set[bytes] = set()
    for number, place in sorted(_reached(objects)):
        section = objects[number].sections[place]
        if section.flags & ALLOCATED == 0:
            continue
        size = _new_bytes(section, strings)
        if section.holds_bytes:
            flash += size
            flash_of[objects[number].name] += size
        if section.flags & WRITE:
            ram += size
    return Needed(flash=flash, ram=ram, flash_of=flash_of)


def _reached(objects: Sequence[Object]) -> set[tuple[int, int]]:
    """(object, section) of all that is reached."""
    defined: dict[str, tuple[int, int]] = {}
    for number, one in enumerate(objects):
        for symbol in one.symbols:
            if symbol.section is not None and not symbol.is_local:
                defined.setdefault(symbol.name, (number, symbol.section))
    waiting = [
        (number, place)
        for number, one in enumerate(objects)
        for place, section in enumerate(one.sections)
        if section.name.startswith(KEPT)
    ]
    if ENTRY in defined:
        waiting.append(defined[ENTRY])
    reached: set[tuple[int, int]] = set()
    while waiting:
        at = waiting.pop()
        if at in reached:
            continue
        reached.add(at)
        one = objects[at[0]]
        for index in one.sections[at[1]].symbols:
            symbol = one.symbols[index]
            if symbol.is_local and symbol.section is not None:
                waiting.append((at[0], symbol.section))
            elif symbol.name in defined:
                waiting.append(defined[symbol.name])
    return reached


def _new_bytes(section: Section, strings: set[bytes]) -> int:
    """The section's size; of mergeable strings those that no other section has."""
    if section.flags & MERGED_STRINGS != MERGED_STRINGS:
        return section.size
    new = {text for text in section.data.split(b"\0")[:-1] if text not in strings}
    strings |= new
    return sum(len(text) + 1 for text in new)
