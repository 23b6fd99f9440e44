"""How many samples are worth a replay: fewer of a large network."""

from __future__ import annotations

from mendlite.model.graph import Model
from mendlite.replay.reference.slices import multiplications

REPLAY = 1e10
"""Multiplications of one replay of samples of which something is measured: a repair has dozens of
such replays."""

FEWEST = 32
"""Samples that are replayed however large the network is."""

SPARE = 4
"""Samples that are replayed at least under a time limit."""

PER_SECOND = 5e7
"""Multiplications of such a replay for each second of a time limit."""


def within(time_limit: float | None, fewest: int = FEWEST) -> tuple[int, float]:
    """The fewest samples of a replay and its multiplications, under a time limit in seconds."""
    if time_limit is None:
        return fewest, REPLAY
    return min(SPARE, fewest), min(REPLAY, PER_SECOND * time_limit)


def affordable(
    model: Model, most: int, fewest: int = FEWEST, multiplied: float | None = None
) -> int:
    """How many samples are replayed to measure something: ``most``, of a large network fewer.

    As many as take ``multiplied`` multiplications (None: REPLAY), but at least ``fewest``. A
    property of the model alone, so that results do not depend on the machine. A sample of a model
    with variables is a recording: all its frames are replayed.
    """
    replayed = max(multiplications(model) * model.frames, 1)
    return min(most, max(fewest, int((REPLAY if multiplied is None else multiplied) / replayed)))
