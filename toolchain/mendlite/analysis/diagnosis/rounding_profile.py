"""Kernels that round in another way: what the file computes under the other profiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.diagnosis.evidence import SHARE, Evidence
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.case.evaluate import evaluate, evaluate_on_host
from mendlite.case.teacher import recorded_outputs
from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.measure.outputs import Outputs
from mendlite.measure.positions import PositionClassification
from mendlite.model.cost import Cost
from mendlite.model.diagnosis import Diagnosis, Recovery
from mendlite.model.rounding import Profile
from mendlite.model.rows import sample_shape

KIND = "rounding-profile"

NEARER = 0.5
"""Share of the loss that is left under another profile from which the profile matters."""

EQUAL = 0.9
"""Share of equal samples from which outputs were computed under a profile."""

BOARD_SAMPLES = 16
"""Samples that a board computes for this."""

STEP = 1e-3
"""Share of an output's step by which a value computed elsewhere may miss the stored level."""


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """At most one finding: what was recorded, else the board, else the loss shows the profile."""
    if evidence.case.execution.runner != "reference":
        return
    outputs = _by_profile(evidence)
    recorded = _recorded(evidence, outputs)
    if recorded is not None:
        yield recorded
        return
    board = _board(evidence, outputs) if evidence.case.execution.boards else None
    if board is not None:
        yield board
        return
    yield from _nearer(evidence, outputs)


def _by_profile(evidence: Evidence) -> dict[Profile, Outputs]:
    """The int8 file's outputs under each profile whose kernels run it."""
    found_: dict[Profile, Outputs] = {evidence.case.profile: evidence.outputs}
    for profile in Profile:
        if profile not in found_:
            execution = replace(evidence.case.execution, profile=profile)
            case = replace(evidence.case, execution=execution)
            try:
                found_[profile] = evaluate_on_host(case, evidence.model, evidence.samples)
            except UnsupportedModelError:
                continue
    return found_


def _recorded(evidence: Evidence, outputs: dict[Profile, Outputs]) -> Diagnosis | None:
    """Recorded outputs that the int8 file itself computed show no error."""
    if not evidence.samples.outputs:
        return None
    try:
        theirs = recorded_outputs(evidence.with_teacher("outputs"), evidence.samples)
    except BadInputError:
        return None
    best, share = _fit(evidence, theirs.values, outputs)
    if best is None:
        return None
    return _finding(
        evidence,
        f"the recorded outputs are the int8 file's own, computed under the profile "
        f"`{best.value}`: {share:.0%} of {theirs.count} samples are equal byte by byte",
        Cost(failing=0, loss=0.0),
        "record the outputs of the float model: those of the int8 file contain no "
        f"error; the kernels that computed them have the profile {best.value}",
    )


def _board(evidence: Evidence, outputs: dict[Profile, Outputs]) -> Diagnosis | None:
    """A board whose bytes are those of another profile than the case's."""
    some = evidence.samples.take(slice(0, BOARD_SAMPLES))
    theirs = evaluate(evidence.case, evidence.model, some).values
    part = {profile: out.take(slice(0, len(theirs))) for profile, out in outputs.items()}
    best, share = _fit(evidence, theirs, part)
    own = evidence.case.profile
    if best is None or best is own:
        return None
    return _finding(
        evidence,
        f"the board computes under the profile `{best.value}` ({share:.0%} of {len(theirs)} "
        f"samples are equal byte by byte), and this run under `{own.value}`",
        _difference(evidence, outputs, best),
        f"set `profile` to {best.value}",
    )


def _nearer(evidence: Evidence, outputs: dict[Profile, Outputs]) -> Iterator[Diagnosis]:
    """Another profile under which the file is much nearer to the teacher: it was made for that."""
    own = evidence.case.profile
    costs = {profile: evidence.cost_of_outputs(out) for profile, out in outputs.items()}
    best = min(costs, key=lambda profile: costs[profile].loss)
    gained = _difference(evidence, outputs, best)
    if best is own or costs[best].loss > NEARER * costs[own].loss or not evidence.matters(gained):
        return
    if gained.failing < SHARE * evidence.total.failing:
        return
    yield _finding(
        evidence,
        f"the file is much nearer to float under the profile `{best.value}` than under "
        f"`{own.value}`, which this run uses: {costs[best].failing} instead of "
        f"{costs[own].failing} failing tests",
        gained,
        f"see which kernels the firmware has (docs/BOARDS.md); if it is {best.value}, set "
        "`profile` to it",
    )


def _fit(
    evidence: Evidence, theirs: NDArray[np.float64], outputs: dict[Profile, Outputs]
) -> tuple[Profile | None, float]:
    """The profile with the most samples equal to ``theirs``, and their share.

    None where fewer than EQUAL are; of profiles that fit alike, the case's own.
    """
    steps = _steps(evidence)
    shares = {
        profile: float(np.mean((np.abs(out.values - theirs) <= STEP * steps).all(axis=1)))
        for profile, out in outputs.items()
        if out.values.shape == theirs.shape
    }
    best = max(shares, key=lambda profile: shares[profile], default=None)
    if best is None or shares[best] < EQUAL:
        return None, 0.0
    return best, shares[best]


def _steps(evidence: Evidence) -> NDArray[np.float64]:
    """The step of each evaluated value, f64[M]; 1 where it is float."""
    tensors = [evidence.model.tensors[t] for t in evidence.evaluated]
    task, sizes = evidence.case.task, [prod(sample_shape(t)) for t in tensors]
    if isinstance(task, PositionClassification):
        sizes = [size // (task.rows * task.positions) for size in sizes]
    steps = [1.0 if t.quant is None else t.scale for t in tensors]
    return np.repeat(steps, sizes)


def _difference(evidence: Evidence, outputs: dict[Profile, Outputs], best: Profile) -> Cost:
    """What the case's profile costs more than the other one."""
    own, other = evidence.total, evidence.cost_of_outputs(outputs[best])
    return Cost(failing=max(0, own.failing - other.failing), loss=max(0.0, own.loss - other.loss))


def _finding(evidence: Evidence, sentence: str, cost: Cost, advice: str) -> Diagnosis:
    return make_diagnosis(
        evidence,
        KIND,
        "the kernels",
        sentence,
        cost=cost,
        recoverable=Recovery.YES,
        advice=advice,
    )
