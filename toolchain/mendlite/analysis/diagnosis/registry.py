"""All kinds of findings, a row each; and the diagnosis of a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mendlite.analysis.diagnosis import (
    calibration,
    dead_channel,
    feature_columns,
    fixed_range,
    input_range,
    mixed_columns,
    other_network,
    other_weights,
    output_range,
    rounding_profile,
    shared_range,
    weight_spread,
)
from mendlite.analysis.diagnosis.evidence import Evidence
from mendlite.analysis.unreachable import unreachable_of
from mendlite.case.case import Case
from mendlite.model.diagnosis import Diagnosis
from mendlite.model.interface import NEITHER, MayEdit
from mendlite.model.report import Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisKind:
    """A kind of finding: its name, the title of its page, and how it is found."""

    kind: str
    title: str
    find: Callable[[Evidence], Iterable[Diagnosis]]


KINDS = (
    DiagnosisKind(kind="other-network", title="The float file is not the network",
                  find=other_network.find),
    DiagnosisKind(kind="dead-channel", title="A dead channel", find=dead_channel.find),
    DiagnosisKind(kind="calibration", title="Calibration saw other data", find=calibration.find),
    DiagnosisKind(kind="input-range", title="The input's range does not fit the samples",
                  find=input_range.find),
    DiagnosisKind(kind="feature-columns", title="Features that the input's scale loses",
                  find=feature_columns.find),
    DiagnosisKind(kind="output-range", title="The output saturates or uses few levels",
                  find=output_range.find),
    DiagnosisKind(kind="mixed-output", title="Boxes and scores in one tensor",
                  find=mixed_columns.find),
    DiagnosisKind(kind="shared-range", title="An operator that shares a range",
                  find=shared_range.find),
    DiagnosisKind(kind="weight-spread", title="One weight scale for all channels",
                  find=weight_spread.find),
    DiagnosisKind(kind="other-weights", title="Weights that are not float's rounded",
                  find=other_weights.find),
    DiagnosisKind(kind="rounding-profile", title="Kernels that round in another way",
                  find=rounding_profile.find),
    DiagnosisKind(kind="fixed-range", title="A range that no edit may change",
                  find=fixed_range.find),
)  # fmt: skip
"""In the order in which findings of equal cost are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The findings, worst first; what cannot be recovered, where that is most of the loss."""

    diagnosis: tuple[Diagnosis, ...]
    unreachable: Unreachable | None
    evidence: Evidence

    def unreachable_with(self, may: MayEdit) -> Unreachable | None:
        """The same where ``may`` permits edits of the graph's inputs and outputs."""
        if may == NEITHER:
            return self.unreachable
        return unreachable_of(self.evidence, self.diagnosis, may)


def diagnose(case: Case) -> tuple[Diagnosis, ...]:
    """What is wrong with the case's int8 file, worst first; empty where nothing was found."""
    return examine(case).diagnosis


def examine(case: Case, time_limit: float | None = None) -> Examination:
    """The diagnosis of a case, and what cannot be recovered by editing.

    On at most 128 repair samples, 32 of a large network, fewer under a time limit in seconds: some
    replays of each model, and one more for each suspicion.
    """
    evidence = Evidence.of(case, time_limit)
    diagnoses: list[Diagnosis] = []
    for done, row in enumerate(KINDS):
        diagnoses += row.find(evidence)
        case.progress("diagnose", done + 1, len(KINDS))
    diagnosis = _listed(diagnoses)
    unreachable = unreachable_of(evidence, diagnosis)
    return Examination(diagnosis=diagnosis, unreachable=unreachable, evidence=evidence)


def _listed(diagnoses: list[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Worst first; a fixed range whose tensor has a finding with a cause is not listed again."""
    explained = {t for one in diagnoses if one.kind != fixed_range.KIND for t in one.tensors}
    kept = [d for d in diagnoses if d.kind != fixed_range.KIND or not set(d.tensors) & explained]
    return tuple(sorted(kept, key=_badness, reverse=True))


def _badness(diagnosis: Diagnosis) -> tuple[bool, int, float]:
    """What no replay can measure comes first: it is a fact about the file or the set-up."""
    cost = diagnosis.cost
    return (True, 0, 0.0) if cost is None else (False, cost.failing, cost.loss)
