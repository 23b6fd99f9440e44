"""The main job: load, replay, localize, repair, check, patch, validate, report."""

from __future__ import annotations

import platform
from collections import Counter
from dataclasses import dataclass
from importlib import metadata
from time import perf_counter

from mendlite import __version__
from mendlite.errors import ClaimError
from mendlite.measure.outcome import Outcome
from mendlite.measure.score import Score, change
from mendlite.model.delta import Delta
from mendlite.model.graph import Model
from mendlite.model.report import (
    SCHEMA,
    FileInfo,
    Files,
    FloatScore,
    QuantizedScore,
    RepairedScore,
    Report,
    SolverSummary,
    Validation,
)
from mendlite.pipeline.case import Case, Judge
from mendlite.pipeline.gate import gate_breaches
from mendlite.pipeline.settings import SOLVES, Settings
from mendlite.pipeline.steps import Progression
from mendlite.pipeline.strategies import run
from mendlite.pipeline.summary import summarize
from mendlite.prepare.int32 import require_int32
from mendlite.repair.verdict import Match, Verdict
from mendlite.tflite.diff import diff
from mendlite.tflite.patch import apply, seal

SOLVED_BY = {"smt": "z3"}

PACKAGES = ("numpy", "cvxpy", "highspy", "tflite-runtime", "ai-edge-litert", "tflite-micro")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The answers on one set of samples: the teacher's, the int8 model's, the repaired one's."""

    judge: Judge
    repaired: Model
    before: Outcome
    after: Outcome

    @staticmethod
    def of(judge: Judge, repaired: Model) -> Judged:
        """Ask both quantized models."""
        return Judged(
            judge=judge,
            repaired=repaired,
            before=judge.outcome(judge.case.quantized),
            after=judge.outcome(repaired),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What came out: the patched bytes, the edits that made them, and the report.

    ``model`` is the patched file parsed, ``selection`` the judge that chose the steps and
    ``validation`` the answers that the report counts: what a certificate is made from.
    """

    data: bytes
    delta: Delta
    report: Report
    model: Model
    selection: Judge
    validation: Judged


def repair(case: Case, settings: Settings, paths: tuple[str, str, str]) -> Repaired:
    """Repair the case. ``paths`` name the float, int8 and repaired file in the report.

    Raises UnsupportedModelError where an accumulator of the file, or of the repaired one, may leave
    int32, and ClaimError where anything that was claimed does not hold exactly.
    """
    start = perf_counter()
    require_int32(case.quantized)
    selection = Judge.of(case, case.sets.selection)
    ran = run(case, settings, selection)
    progression = ran.progression
    delta = seal(case.quantized.data, diff(case.quantized, progression.model))
    data = apply(case.quantized.data, delta)
    if data != progression.model.data:
        raise ClaimError("the delta does not give the repaired file; nothing was written")
    require_int32(progression.model)
    judged = Judged.of(Judge.of(case, case.sets.validation), progression.model)
    validation = scores(judged)
    report = Report(
        schema=SCHEMA,
        target=case.target.name,
        strategy=settings.strategy,
        kernels=case.judging(case.quantized).kernels,
        seed=case.seed,
        files=_files(case, progression.model, paths),
        validation=validation,
        repair=summarize(case.quantized, delta, case.sets.repair.count),
        solver=_solver(progression, settings),
        steps=progression.steps,
        curve=ran.curve,
        squares=ran.squares,
        neurons=progression.neurons,
        gate=gate_breaches(case.target.gate, validation),
        notes=(*_notes(case), *progression.notes),
        versions=versions(),
        seconds=perf_counter() - start,
    )
    return Repaired(
        data=data,
        delta=delta,
        report=report,
        model=progression.model,
        selection=selection,
        validation=judged,
    )


def validate(case: Case, repaired: Model) -> Validation:
    """Score the int8 and the repaired model on the validation samples."""
    return scores(Judged.of(Judge.of(case, case.sets.validation), repaired))


def scores(judged: Judged) -> Validation:
    """What the answers are worth."""
    judge, before, after = judged.judge, judged.before, judged.after
    case = judge.case
    was, now = judge.score(before), judge.score(after)
    moved = change(case.task, judge.reference, before, after, judge.samples.labels)
    teacher = case.task.quality(judge.reference, judge.samples.labels)
    return Validation(
        samples=was.samples,
        task=case.task.kind,
        loss_name=case.task.loss_name,
        teacher=case.target.teacher,
        float=FloatScore(accuracy=teacher.accuracy, auc=teacher.auc, error=teacher.error),
        int8=QuantizedScore(
            accuracy=was.quality.accuracy,
            auc=was.quality.auc,
            error=was.quality.error,
            failing=was.failing,
            loss=was.loss,
            kl=_kl(case, was),
            rms=was.rms,
        ),
        repaired=RepairedScore(
            accuracy=now.quality.accuracy,
            auc=now.quality.auc,
            error=now.quality.error,
            failing=now.failing,
            fixed=moved.fixed,
            regressed=moved.regressed,
            loss=now.loss,
            kl=_kl(case, now),
            rms=now.rms,
            mcnemar_p=moved.mcnemar_p,
        ),
    )


def _kl(case: Case, score: Score) -> float | None:
    return score.loss if case.task.loss_name == "KL" else None


def _files(case: Case, repaired: Model, paths: tuple[str, str, str]) -> Files:
    def info(path: str, model: Model) -> FileInfo:
        return FileInfo(path=path, sha256=model.sha256, bytes=len(model.data))

    known = case.float_model
    return Files(
        float=None if known is None else info(paths[0], known),
        int8=info(paths[1], case.quantized),
        repaired=info(paths[2], repaired),
    )


def _solver(progression: Progression, settings: Settings) -> SolverSummary:
    neurons = progression.neurons
    return SolverSummary(
        backend=settings.solving.backend
        if settings.strategy in SOLVES
        else SOLVED_BY.get(settings.strategy, "numpy"),
        problems=len(neurons),
        status=dict(sorted(Counter(n.status for n in neurons).items())),
        seconds=sum(n.seconds for n in neurons),
    )


def _notes(case: Case) -> tuple[str, ...]:
    notes = list(case.quantized.notes)
    if case.sets.dropped:
        notes.append(
            f"{case.sets.dropped} repair or selection samples equal to others were left out"
        )
    if case.pairing is not None and case.pairing.verdict is not Verdict.SAME:
        layers = ", ".join(
            f"{x.position} ({x.match.value})"
            for x in case.pairing.of(Match.OTHER, Match.RESCALED, Match.COPIED)
        )
        notes.append(
            f"the float model is to the int8 file: {case.pairing.verdict.value}: layers {layers}"
        )
    return tuple(notes)


def versions() -> dict[str, str]:
    """Versions of mendlite, Python and the packages that computed, those that are here."""
    found = {"mendlite": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
