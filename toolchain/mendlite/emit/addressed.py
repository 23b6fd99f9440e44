"""Firmware files that name addresses: bytes in pieces, joined to the stretches that flash holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mendlite.errors import BadInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressedBytes:
    """Bytes at an address of the board's memory; ``family`` is the chip in a UF2, else 0."""

    address: int
    data: bytes
    family: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryStretch:
    """Bytes without a gap; ``pieces`` are (number of the piece, where it begins in ``data``)."""

    address: int
    data: bytes
    pieces: tuple[tuple[int, int], ...]


class AddressedFile(Protocol):
    """A file of addressed pieces."""

    @property
    def suffix(self) -> str:
        """The ending of its name."""

    @property
    def pieces(self) -> Sequence[AddressedBytes]:
        """What it puts into memory, in the file's order."""

    def replaced(self, data: Sequence[bytes]) -> bytes:
        """The file with other bytes in its pieces, each as long as before; all else stays."""


def regions(pieces: Sequence[AddressedBytes]) -> list[MemoryStretch]:
    """The stretches of memory, by family and address.

    Raises BadInputError where two pieces overlap: which of them counts depends on the tool.
    """
    found: list[MemoryStretch] = []
    order = sorted(range(len(pieces)), key=lambda n: (pieces[n].family, pieces[n].address))
    group: list[int] = []
    for number in order:
        piece = pieces[number]
        if group:
            last = pieces[group[-1]]
            end = last.address + len(last.data)
            if piece.family == last.family and piece.address < end:
                raise BadInputError(f"the firmware has two values for address {piece.address:#x}")
            if piece.family != last.family or piece.address > end:
                found.append(_joined(pieces, group))
                group = []
        group.append(number)
    return [*found, _joined(pieces, group)] if group else found


def _joined(pieces: Sequence[AddressedBytes], group: Sequence[int]) -> MemoryStretch:
    begin = pieces[group[0]].address
    return MemoryStretch(
        address=begin,
        data=b"".join(pieces[n].data for n in group),
        pieces=tuple((n, pieces[n].address - begin) for n in group),
    )


def replace_region(file: AddressedFile, region: MemoryStretch, data: bytes) -> bytes:
    """The file with other bytes, as many, in one of its regions."""
    parts = [piece.data for piece in file.pieces]
    for number, begin in region.pieces:
        parts[number] = data[begin : begin + len(parts[number])]
    return file.replaced(parts)
