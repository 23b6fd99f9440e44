"""The move ``scales``: other ranges for activations, chosen by what they do to the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mendlite.case.case import Case
from mendlite.model.graph import Model
from mendlite.repair.engine.accept import Proposal
from mendlite.repair.layers.candidate_search import CLEAR, Descent
from mendlite.repair.moves.activation_range import Range, with_range
from mendlite.repair.moves.calibrate import Calibration
from mendlite.repair.settings import Room
from mendlite.tflite.scale_groups import ScaleGroup, scale_groups

FACTORS = (0.9, 0.75, 0.6, 1.15, 1.4)
"""Shares of the present range that are tried, on both ends and on each alone."""

ROUNDS = 3
"""Times that the factors are tried anew around what they found."""

REFINE = (0.95, 1.05)


def _candidates(now: Range, factors: tuple[float, ...]) -> Iterator[Range]:
    """Other ranges; a one-sided range has one end to move."""
    for factor in factors:
        yield now.resized(factor, factor)
        if -128 < now.zero_point < 127:
            yield now.resized(factor, 1.0)
            yield now.resized(1.0, factor)


def _range(model: Model, group: ScaleGroup) -> Range:
    quant = model.tensors[group.tensors[0]].quantization()
    return Range(scale=float(quant.scale[0]), zero_point=int(quant.zero_point[0]))


def _improve(search: Descent, group: ScaleGroup, calibrated: Sequence[Range]) -> bool:
    """Take the best range of one group; whether one is better than the present.

    Those that the rules of calibration give are tried first, then others around the best.
    """
    search.advance(group.first)
    start = _range(search.model, group)
    search.offer(
        with_range(search.model, group, chosen) for chosen in calibrated if chosen != start
    )
    for factors in (*[FACTORS] * ROUNDS, REFINE):
        now = _range(search.model, group)
        ranges = [chosen for chosen in _candidates(now, factors) if chosen != now]
        found = search.offer(with_range(search.model, group, chosen) for chosen in ranges)
        if factors is FACTORS and not found:
            break
    return _range(search.model, group) != start


def propose_scales(
    case: Case,
    model: Model,
    calibration: Calibration,
    room: Room | None = None,
    clear: float = CLEAR,
) -> Proposal:
    """Search the ranges front to back, each judged by the task's loss, within ``room``."""
    groups = scale_groups(model)
    free = [group for group in groups if group.frozen is None]
    if not free:
        return Proposal(model=model, notes=("scales: no activation may be rescaled",))
    search, changed = Descent(case, model, room or Room(), clear), 0
    before = search.loss
    for done, group in enumerate(free):
        changed += _improve(search, group, calibration.of(group))
        case.progress("scales", done + 1, len(free))
    note = (
        f"scales: {changed} of {len(groups)} ranges changed, {case.task.loss_name} on the repair "
        f"samples {before:.5g} -> {search.loss:.5g}"
    )
    return Proposal(model=search.model, notes=(note,))
