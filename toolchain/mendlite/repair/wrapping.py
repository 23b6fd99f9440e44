"""A file with an accumulator that may leave int32 is repaired only where a move ends that."""

from __future__ import annotations

from collections.abc import Iterable

from mendlite.prepare.int32 import require_int32, wrapping_layers
from mendlite.repair.facts import Facts
from mendlite.repair.move import Move
from mendlite.repair.moves.dead_channels import DeadChannels, recovered


def require_no_wrapping(facts: Facts, moves: Iterable[Move]) -> None:
    """Raise UnsupportedModelError where an accumulator may wrap and none of ``moves`` prevents it.

    A converter that gives a channel far too small a scale cuts its bias at the end of int32: such
    a channel wraps, and it is one that ``dead-channels`` quantizes again.
    """
    model = facts.model
    if not any(wrapping_layers(model)):
        return
    if any(isinstance(move, DeadChannels) and move.why_not(facts) is None for move in moves):
        model = recovered(facts)
    require_int32(model)
