"""What every kind of seal is: where it lies, its name, and how it is computed again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A checksum or digest over part of an image.

    ``begin`` and ``end`` are the offsets of everything that it covers and of its own bytes;
    ``text`` describes it. ``renew`` computes it again in an image whose covered bytes changed.
    """

    begin: int
    end: int
    text: str
    renew: Callable[[bytearray], None]

    def covers(self, at: int, size: int) -> bool:
        """Whether any of ``size`` bytes at ``at`` lie under this seal."""
        return self.begin < at + size and at < self.end
