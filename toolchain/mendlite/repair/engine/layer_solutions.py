"""Layer-wise repairs that were computed: the same solver of the same two models runs once."""

from __future__ import annotations

from dataclasses import dataclass, field

from mendlite.case.case import Case
from mendlite.model.graph import Model
from mendlite.model.report import LayerSquares
from mendlite.repair.engine.statistics import Statistics
from mendlite.repair.facts import LARGE, replayed_multiplications
from mendlite.repair.layers.layer_solver import LayerSolver
from mendlite.repair.layers.layerwise import LayeredRepair, LayerTask, repair_layers

Key = tuple[str, bytes, str, LayerSolver]


def _key(case: Case, model: Model, solver: LayerSolver) -> Key:
    return case.reference.sha256, case.sets.repair.rows.tobytes(), model.sha256, solver


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSolutions:
    """Repairs of ``layers`` by float model, repair samples, int8 model and solver.

    ``base`` is the digest of the base file, for which lower bounds are computed, too; empty: of no
    file, since those of a large network take as long as its repair and only add to the report.
    """

    layers: tuple[int, ...]
    base: str
    known: dict[Key, LayeredRepair] = field(default_factory=dict)

    @staticmethod
    def none_yet(case: Case, layers: tuple[int, ...]) -> LayerSolutions:
        """None known of ``case``."""
        large = replayed_multiplications(case) >= LARGE
        return LayerSolutions(layers=layers, base="" if large else case.quantized.sha256)

    def of(
        self,
        case: Case,
        model: Model,
        solver: LayerSolver,
        statistics: Statistics,
    ) -> LayeredRepair:
        """The repair of all layers of ``model`` by ``solver``; a known one is returned as it is."""
        key = _key(case, model, solver)
        if key not in self.known:
            bounds = model.sha256 == self.base
            task = LayerTask(case=case, model=model, layers=self.layers, bounds=bounds)
            self.known[key] = repair_layers(task, solver, statistics.layer_targets)
        return self.known[key]

    def known_of(self, case: Case, model: Model, solver: LayerSolver) -> LayeredRepair | None:
        """The repair as ``of``, where it is known."""
        return self.known.get(_key(case, model, solver))

    @property
    def squares(self) -> tuple[LayerSquares, ...]:
        """What least squares reached so far on the base file."""
        return tuple(one for known in self.known.values() for one in known.squares)
