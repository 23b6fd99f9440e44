"""The firmware's engine, built for this computer, gives the bytes of the host's kernels."""

import pytest
import test_computing
import test_copying

import several_rows
import streaming_models
from differential import Outcome, compare
from mendlite.model.rounding import Profile
from mendlite.replay.device.lacks import engine_lacks
from mendlite.tflite.reader import read
from tiny_models import build

STATE = {
    "memories": streaming_models.streaming_spec(),
    "a layer between reading and storing": streaming_models.recurrent_spec(),
    "the frame before, and what was just stored": streaming_models.delay_spec(),
}


@pytest.mark.parametrize("name", test_copying.TABLE)
def test_values_are_copied_as_on_the_host(name):
    # TFLite Micro pads with what its memory happens to hold.
    batches = test_copying.TABLE[name][0] == "SPACE_TO_BATCH_ND"
    profiles = (Profile.TFLITE_REF,) if batches else tuple(Profile)
    for kind in test_copying.TYPES:
        verdict = compare(build(test_copying.spec_of(name, kind)), 0, profiles)
        assert verdict.outcome is Outcome.EQUAL, (kind, verdict.reason)


@pytest.mark.parametrize("spec", STATE.values(), ids=STATE)
def test_variables_begin_anew_with_each_recording(spec):
    verdict = compare(build(spec), 0)
    assert verdict.outcome is Outcome.EQUAL, verdict.reason


@pytest.mark.parametrize("name", test_computing.TABLE)
def test_the_list_of_what_it_lacks_is_the_engines_own(name):
    op, inputs, shape, *rest = test_computing.TABLE[name]
    for kind in ("INT8", "FLOAT32"):
        data = build(test_computing.spec(op, inputs(kind), shape, *rest))
        lacks = any(engine_lacks(read(data)))
        verdict = compare(data, 0)
        refused = (Outcome.FIRMWARE_REFUSES, Outcome.BOTH_REFUSE)
        expected = refused if lacks else (Outcome.EQUAL,)
        assert verdict.outcome in expected, (kind, verdict)


@pytest.mark.parametrize(
    "spec", [several_rows.dense_rows(), several_rows.images(), several_rows.two_inputs()]
)
def test_a_sample_of_several_rows_is_run_whole(spec):
    verdict = compare(build(spec), 0)
    assert verdict.outcome is Outcome.EQUAL, verdict.reason


def no_first_value(spec):
    spec.others[0].ops = spec.others[0].ops[:2]
    spec.others[0].tensors = spec.others[0].tensors[:2]


def another_subgraph(spec):
    spec.others.append(spec.others[0])


def late(spec):
    spec.ops.append(spec.ops.pop(0))


def another_shape(spec):
    spec.others[0].tensors[1].shape = (1, 3, 1, 3)
    spec.others[0].tensors[1].data = spec.others[0].tensors[1].data.repeat(2)[:9]


@pytest.mark.parametrize("change", [no_first_value, another_subgraph, late, another_shape])
def test_variables_of_another_form_are_refused_when_the_model_is_opened(change):
    spec = streaming_models.streaming_spec()
    change(spec)
    verdict = compare(build(spec), 0)
    assert verdict.outcome in {Outcome.BOTH_REFUSE, Outcome.FIRMWARE_REFUSES}, verdict


@pytest.mark.parametrize("name", test_copying.WRONG)
def test_what_does_not_fit_is_refused_when_the_model_is_opened(name):
    arguments, fields, _ = test_copying.WRONG[name]
    verdict = compare(build(test_copying.built(*arguments, **fields)), 0)
    assert verdict.outcome is Outcome.BOTH_REFUSE, verdict
