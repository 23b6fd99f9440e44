"""Which samples the checker takes, by randomness of its own, and what a draw may miss."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from os import urandom
from random import Random

KEY = 16
"""Random bytes of a draw: so many that no certificate can be made to pass all draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDraw:
    """A source of draws; ``seed`` is never taken from what is checked."""

    seed: str

    @staticmethod
    def fresh() -> SampleDraw:
        """A draw that cannot be predicted."""
        return SampleDraw(seed=urandom(KEY).hex())

    def generator(self, purpose: str) -> Random:
        """The generator of one purpose: others do not depend on how much it is used."""
        return Random(f"{self.seed} {purpose}")  # noqa: S311 - the seed is the secret

    def order(self, purpose: str, count: int) -> list[int]:
        """The positions 0 to count - 1 in random order."""
        return self.generator(purpose).sample(range(count), count)


def unseen(count: int, computed: int, false: int) -> float:
    """The probability that none of ``false`` wrong samples is among those computed.

    ``computed`` of ``count`` samples are drawn without putting back (hypergeometric distribution).
    """
    if false > count - computed:
        return 0.0
    return prod((count - computed - i) / (count - i) for i in range(false))
