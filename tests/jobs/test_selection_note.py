"""A repair states when its selection samples are not like those that validate its result."""

from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from digits_case import OPTIONS, PATHS
from mendlite.case.evaluate import Evaluator
from mendlite.jobs.repair import repair
from mendlite.jobs.selection_note import selection_note
from mendlite.measure.expected_failing import margins_of
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


@pytest.fixture(scope="module")
def validation(digits):
    return Evaluator.of(digits, digits.sets.validation)


def part(evaluator, chosen):
    """An evaluator of those samples that lie at ``chosen`` in the order of float's margins."""
    order = np.argsort(margins_of(evaluator.teacher))
    return Evaluator.of(evaluator.case, evaluator.samples.take(np.sort(order[chosen])))


def test_samples_far_from_a_decision_are_named_in_the_report(digits, validation):
    far = part(validation, slice(100, None))
    other = replace(digits, sets=replace(digits.sets, selection=far.samples))
    note = next(n for n in repair(other, Settings.of("bias"), PATHS).report.notes if "trained" in n)
    assert note.startswith("0.0% of the selection samples, which decide about steps, lie as near")
    assert "as 5.0% of the validation samples" in note


def test_samples_near_a_decision_are_of_another_kind(validation):
    near = part(validation, slice(0, 200))
    assert selection_note(near, validation).startswith("17.5% of the selection samples")
    assert "of another kind" in selection_note(near, validation)


def test_nothing_is_said_of_samples_that_are_alike(digits, validation):
    assert selection_note(Evaluator.of(digits, digits.sets.selection), validation) is None
    assert selection_note(part(validation, slice(0, None, 3)), validation) is None


def test_other_tasks_have_no_margins(digits, validation):
    labels = replace(digits, recipe=structs.replace(digits.recipe, teacher="labels"))
    far = part(validation, slice(100, None)).samples
    evaluators = (Evaluator.of(labels, x) for x in (far, digits.sets.validation))
    assert selection_note(*evaluators) is None
