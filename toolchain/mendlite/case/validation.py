"""Score the int8 and the repaired model on the validation samples, which no step has seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mendlite.case.case import Case, Judge
from mendlite.measure.outcome import Outcome
from mendlite.measure.score import Score, change
from mendlite.model.graph import Model
from mendlite.model.report import FloatScore, QuantizedScore, RepairedScore, Validation


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


def validate(case: Case, repaired: Model | None) -> Validation:
    """Score the int8 and the repaired model (None: there is none) on the validation samples."""
    judge = Judge.of(case, case.sets.validation)
    if repaired is not None:
        return scores(Judged.of(judge, repaired))
    before = judge.outcome(case.quantized)
    alone = Judged(judge=judge, repaired=case.quantized, before=before, after=before)
    return replace(scores(alone), repaired=None)


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
