"""A strategy and its options as keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mendlite.algorithms.qnnrepair import Passing
from mendlite.errors import BadInputError
from mendlite.model.spectra import Metric
from mendlite.repair.settings import Room, Settings, Solving, require_strategy
from mendlite.solvers.registry import DEFAULT

PLAIN = Settings(
    strategy="auto",
    layers=None,
    metric=Metric.AMPLE,
    neurons=None,
    passing=Passing.NONE,
    passing_tests=None,
    max_delta=None,
    ridge=None,
    max_rows=1000,
    solving=Solving(backend=DEFAULT, seconds=60.0),
    scales=True,
    room=Room(),
    time_limit=None,
)


def settings_of(strategy: str | Sequence[Any], options: Mapping[str, Any]) -> Settings:
    """The settings; raises BadInputError for an unknown name and a value out of range."""
    if not isinstance(strategy, str):
        raise BadInputError("`strategy` is the name of one")
    given = dict(options)
    room = Room(bytes=given.pop("max_bytes", None), edits=given.pop("max_edits", None))
    try:
        return replace(PLAIN, strategy=require_strategy(strategy), room=room, **given)
    except TypeError as error:
        raise BadInputError(f"no such option: {error}") from error
