"""The move of the logits' range: what it measures is what the file computes, and it clips low ones."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from digits_case import OPTIONS, facts_of
from mendlite.case.evaluate import evaluate_on_host, teacher_outputs
from mendlite.moves import OutputRange
from mendlite.repair.edits import Edit, kinds_of_edits
from mendlite.repair.layers.activation_range import Range, with_range
from mendlite.repair.layers.last_dense import read_dense
from mendlite.repair.layers.logit_candidates import LogitCandidates
from mendlite.repair.moves.output_range import _candidates
from mendlite.repair.needs import last_dense_layer
from mendlite.repair.run import propose
from mendlite.targets.open import load_case
from mendlite.tflite.diff import diff


@pytest.fixture(scope="module")
def digits():
    """The digits with a wide range of logits, which a finer one is better than."""
    case = load_case("digits", OPTIONS)
    facts = facts_of(case)
    layer = last_dense_layer(facts)
    group = next(g for g in facts.groups if layer.output in g.tensors)
    wide = Range.of_group(case.quantized, group).resized(1.8, 1.5)
    return replace(case, quantized=with_range(case.quantized, group, wide))


@pytest.fixture(scope="module")
def facts(digits):
    return facts_of(digits)


@pytest.fixture(scope="module")
def proposed(digits):
    return propose(digits, OutputRange())


def test_only_the_range_of_the_logits_changes(digits, facts, proposed):
    edits = diff(digits.quantized, proposed.model).edits
    assert edits
    assert kinds_of_edits(digits.quantized, edits) == {Edit.RANGES}
    layer = last_dense_layer(facts)
    old, new = (m.tensors[layer.output].scale for m in (digits.quantized, proposed.model))
    assert 0.5 * old <= new * 1.001
    assert new <= 0.9 * old * 1.001


def test_what_was_measured_is_what_the_file_computes(digits, facts, proposed):
    layer, samples = last_dense_layer(facts), digits.sets.repair
    dense = read_dense(digits, digits.quantized, layer, samples)
    logits = LogitCandidates.of(layer, dense, digits.profile)
    for model in (digits.quantized, proposed.model):
        outputs = evaluate_on_host(digits, model, samples)
        assert np.array_equal(logits.outputs(model).values, outputs.values)


def test_the_loss_on_the_repair_samples_does_not_rise(digits, proposed):
    samples = digits.sets.repair
    teacher = teacher_outputs(digits, samples)
    before, after = (
        digits.task.loss(teacher, evaluate_on_host(digits, model, samples)).mean()
        for model in (digits.quantized, proposed.model)
    )
    assert after <= before


def test_candidates_are_finer_and_keep_the_upper_end_or_less():
    now = Range(scale=0.2, zero_point=20)
    found = list(_candidates(now))
    assert len(found) == 15
    for one in found:
        assert one.scale <= 0.9 * now.scale + 1e-6
        assert one.ends[0] > now.ends[0]
        assert 0.8 * now.ends[1] - one.scale <= one.ends[1] <= now.ends[1] + one.scale
    assert all(one.zero_point >= -128 for one in _candidates(Range(scale=0.2, zero_point=-128)))


def test_where_it_does_not_apply_it_states_why(digits, facts):
    assert OutputRange().why_not(facts) is None
    assert "ranges stay" in OutputRange().why_not(facts_of(digits, edit_scales=False))
    labels = replace(digits, recipe=msgspec.structs.replace(digits.recipe, teacher="labels"))
    assert "labels" in OutputRange().why_not(replace(facts, case=labels))
