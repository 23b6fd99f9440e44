"""Score the int8 and the repaired model on the held-out validation samples."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.case.samples import contents
from mendlite.measure.expected_failing import expected, not_expected
from mendlite.measure.outputs import Outputs
from mendlite.measure.repeats import copies_of, distinct_tests, independent_tests
from mendlite.measure.rows import sample_rows
from mendlite.measure.score import Score, change
from mendlite.model.graph import Model
from mendlite.model.sample_rows import SampleRows
from mendlite.model.scores import FloatScore, QuantizedScore, RepairedScore, Validation


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """The outputs on one set of samples: the teacher's, the int8 model's, the repaired one's."""

    evaluator: Evaluator
    repaired: Model
    before: Outputs
    after: Outputs

    @staticmethod
    def of(evaluator: Evaluator, repaired: Model) -> Evaluated:
        """Ask both quantized models."""
        return Evaluated(
            evaluator=evaluator,
            repaired=repaired,
            before=evaluator.outputs(evaluator.case.quantized),
            after=evaluator.outputs(repaired),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """A validation and its samples one by one."""

    validation: Validation
    rows: SampleRows


def validate(case: Case, repaired: Model | None) -> Validated:
    """Score the int8 and the repaired model (None: there is none) on the validation samples."""
    evaluator = Evaluator.of(case, case.sets.validation)
    if repaired is not None:
        evaluated = Evaluated.of(evaluator, repaired)
        return Validated(validation=scores(evaluated), rows=rows_of(evaluated))
    before = evaluator.outputs(case.quantized)
    alone = Evaluated(evaluator=evaluator, repaired=case.quantized, before=before, after=before)
    rows = sample_rows(case.task, evaluator.tests, evaluator.teacher, before, None)
    found = scores(alone)
    likely = found.expected
    likely = None if likely is None else replace(likely, repaired=None, ratio=None)
    return Validated(validation=replace(found, repaired=None, expected=likely), rows=rows)


def rows_of(evaluated: Evaluated) -> SampleRows:
    """What each sample is to the teacher, the int8 and the repaired model."""
    evaluator = evaluated.evaluator
    return sample_rows(
        evaluator.case.task,
        evaluator.tests,
        evaluator.teacher,
        evaluated.before,
        evaluated.after,
    )


def scores(evaluated: Evaluated) -> Validation:
    """The scores of the outputs."""
    evaluator, before, after = evaluated.evaluator, evaluated.before, evaluated.after
    case = evaluator.case
    was, now = evaluator.score(before), evaluator.score(after)
    why_not = not_expected(case.task.kind, case.recipe.teacher)
    copies = copies_of(contents(evaluator.samples), was.samples)
    moved = change(
        case.task, evaluator.teacher, before, after, evaluator.tests.labels, copies=copies
    )
    teacher = case.task.quality(evaluator.teacher, evaluator.tests.labels)
    return Validation(
        samples=was.samples,
        distinct=distinct_tests(copies),
        task=case.task.kind,
        loss_name=case.task.loss_name,
        teacher=case.recipe.teacher,
        float=FloatScore(
            accuracy=teacher.accuracy,
            auc=teacher.auc,
            error=teacher.error,
            perplexity=teacher.perplexity,
        ),
        int8=QuantizedScore(
            accuracy=was.quality.accuracy,
            auc=was.quality.auc,
            error=was.quality.error,
            perplexity=was.quality.perplexity,
            failing=was.failing,
            loss=was.loss,
            kl=_kl(case, was),
            rms=was.rms,
            independent=independent_tests(was.failed, copies),
        ),
        repaired=RepairedScore(
            accuracy=now.quality.accuracy,
            auc=now.quality.auc,
            error=now.quality.error,
            perplexity=now.quality.perplexity,
            failing=now.failing,
            fixed=moved.fixed,
            regressed=moved.regressed,
            loss=now.loss,
            kl=_kl(case, now),
            rms=now.rms,
            mcnemar_p=moved.mcnemar_p,
            independent=independent_tests(now.failed, copies),
            independent_changes=moved.independent,
        ),
        expected=None if why_not else expected(evaluator.teacher, before, after, copies),
        not_expected=why_not,
    )


def _kl(case: Case, score: Score) -> float | None:
    return score.loss if case.task.loss_name == "KL" else None
