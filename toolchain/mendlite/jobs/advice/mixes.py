"""Mixes of int4 and int8 layers: repaired, and scored before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.jobs.advice.mixed_case import mixed, size_of
from mendlite.measure.score import Score
from mendlite.model.advice import Mix, MixScore
from mendlite.model.graph import Model
from mendlite.repair.engine.state import RepairState
from mendlite.repair.run import run
from mendlite.repair.settings import Settings

INT8, MIXED, INT4 = "8 bits", "mixed", "4 bits"
"""Names of mixes: all layers in 8 bits, some in 4, all in 4 that may be."""

VALIDATED = 2000
"""Held-out samples at most that each mix is validated on, before and after its repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixRepair:
    """Repairs mixes of one int8 file. ``saved`` are the bytes that 4 bits save, by layer number."""

    case: Case
    settings: Settings
    saved: Mapping[int, int]
    selection: Evaluator
    validation: Evaluator

    @staticmethod
    def of(case: Case, settings: Settings, saved: Mapping[int, int]) -> MixRepair:
        """Runs the float model once on the selection and on the validation samples."""
        return MixRepair(
            case=case,
            settings=settings,
            saved=saved,
            selection=Evaluator.of(case, case.sets.selection),
            validation=Evaluator.of(case, case.sets.validation.some(VALIDATED)),
        )

    def repaired(self, name: str, int4: frozenset[int]) -> tuple[Mix, RepairState]:
        """The mix with 4 bits in these layers, and the state in which its repair ended."""
        case = mixed(self.case, int4) if int4 else self.case
        state = run(case, self.settings, self.selection).state
        mix = Mix(
            name=name,
            int4=tuple(sorted(int4)),
            bytes=size_of(self.case.quantized, int4, self.saved),
            selection_loss=state.score.loss,
            before=self._score(case.quantized),
            repaired=self._score(state.model),
        )
        return mix, state

    def _score(self, model: Model) -> MixScore:
        return mix_score(self.validation.score(self.validation.outputs(model)))


def mix_score(score: Score) -> MixScore:
    """A score as the advice holds it."""
    return MixScore(failing=score.failing, loss=score.loss, accuracy=score.quality.accuracy)
