"""What the steps of a strategy share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic

from mendlite.algorithms.least_squares import LeastSquaresOptions
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.model.graph import Model
from mendlite.repair.engine.accept import Progression, Proposal, take
from mendlite.repair.moves.calibrate import Calibration, calibrate
from mendlite.repair.moves.layer_by_layer import Layered, Move, layerwise, least_squares_move
from mendlite.repair.settings import Settings
from mendlite.replay.reference.slices import multiplications

Propose = Callable[[Case, Model], Proposal]

SMALL = 4e9
"""Multiplications of one replay of the repair samples up to which more is tried: both orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the steps of a strategy share; ``layers`` are the positions that may be edited."""

    base: Case
    settings: Settings
    layers: tuple[int, ...]
    evaluator: Evaluator
    begun: float
    known: dict[tuple[str, str], Layered] = field(default_factory=dict)
    calibrations: dict[str, Calibration] = field(default_factory=dict)

    def layered(self, case: Case, model: Model, move: Move) -> Layered:
        """One move on all layers; what was computed for the same two models is kept."""
        key = (case.reference.sha256, model.sha256 + move.name)
        if key not in self.known:
            first = model.sha256 == self.base.quantized.sha256
            self.known[key] = layerwise(case, model, self.layers, move, bounds=first)
        return self.known[key]

    def calibration(self, case: Case, model: Model) -> Calibration:
        """What the rules of calibration give; edits of the file do not change it."""
        key = case.float_model.sha256 if case.float_model else ""
        if key not in self.calibrations:
            self.calibrations[key] = calibrate(case, model)
        return self.calibrations[key]

    @property
    def ranges(self) -> bool:
        """Whether activation ranges may change.

        They lie between layers: they stay where only some layers may be edited.
        """
        return self.settings.scales and self.settings.layers is None

    @property
    def small(self) -> bool:
        """Whether a replay of the repair samples is so small that trying more takes seconds."""
        replay = multiplications(self.base.quantized) * self.base.sets.repair.count
        return replay <= SMALL

    @property
    def squares(self) -> Move:
        """Least squares with the settings' bounds."""
        options = LeastSquaresOptions.for_samples(self.base.sets.repair.count)
        if self.settings.max_delta is not None:
            options = replace(options, delta_limit=self.settings.max_delta)
        if self.settings.ridge is not None:
            options = replace(options, ridge=self.settings.ridge)
        return least_squares_move(options)

    def take(self, progression: Progression, name: str, propose: Propose) -> Progression:
        """Run a step, unless the time is up."""
        limit = self.settings.time_limit
        if limit is not None and monotonic() - self.begun > limit:
            note = f"--time-limit of {limit:g} s reached: later steps were not tried"
            notes = progression.notes if note in progression.notes else (*progression.notes, note)
            return replace(progression, notes=notes)
        return take(progression, self.evaluator, name, propose)
