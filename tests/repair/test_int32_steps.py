"""No repair makes an accumulator that may wrap, and a file that has one is not repaired."""

from dataclasses import replace

import numpy as np
import pytest

from mendlite.algorithms.qnnrepair import Passing
from mendlite.case.evaluate import Evaluator
from mendlite.errors import UnsupportedModelError
from mendlite.jobs.repair import repair
from mendlite.measure.score import Score
from mendlite.model.rounding import Profile
from mendlite.model.spectra import Metric
from mendlite.prepare.int32 import wrapping_channels
from mendlite.repair.engine.accept import Proposal, begin, take
from mendlite.repair.engine.admissible import refusal
from mendlite.repair.settings import Room, Settings, Solving
from mendlite.targets.open import CaseOptions, load_case
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from mendlite.tflite.rescale import rescale_edits
from mendlite.tflite.scale_groups import scale_groups
from tiny_models import build, conv_spec, dense_spec

OPTIONS = CaseOptions()
SETTINGS = Settings(
    strategy="bias", layers=None, metric=Metric.AMPLE, neurons=None, passing=Passing.NONE,
    passing_tests=None, max_delta=None, ridge=None, max_rows=1000,
    solving=Solving(backend="chain", seconds=60.0), scales=True, room=Room(), time_limit=None,
)  # fmt: skip


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def with_large_bias(model):
    """The model with the smallest int32 as the bias of its last layer's first channel."""
    bias = model.layers[-1].bias
    values = model.tensors[bias].constant().copy()
    values.reshape(-1)[0] = -(2**31)
    return patched(model, [data_edit(model, bias, values)])


def test_a_step_that_may_wrap_is_rejected_however_good(digits, monkeypatch):
    evaluator = Evaluator.of(digits, digits.sets.selection)
    start = begin(digits, evaluator)
    monkeypatch.setattr(Score, "better_than", lambda *_: True)
    found = take(start, evaluator, "bold", lambda _, m: Proposal(model=with_large_bias(m)))
    assert found.model is start.model
    assert not found.steps[0].accepted
    assert any(
        "bold: rejected: layer" in note and "channel 0 may leave int32" in note
        for note in found.notes
    )


def test_a_file_that_may_wrap_is_not_repaired(digits):
    case = replace(digits, quantized=with_large_bias(digits.quantized))
    with pytest.raises(UnsupportedModelError, match=r"accumulator of channel 0 may leave int32"):
        repair(case, SETTINGS, ("float", "int8", "repaired"))


def test_a_file_that_no_runtime_prepares_is_no_step():
    spec = conv_spec()
    spec.tensors[3].shape = (1, 7, 6, 5)
    assert "gives [1, 7, 6, 4]" in (refusal(read(build(spec)), Profile.TFLM) or "")
    assert refusal(read(build(conv_spec())), Profile.TFLM) is None


def test_biases_in_new_steps_leave_room_for_the_products():
    """A range a billion times narrower: biases end where the sums still fit."""
    model = read(build(dense_spec()))
    for group in scale_groups(model):
        if group.frozen is None:
            scale = float(model.tensors[group.tensors[0]].quantization().scale[0])
            model = patched(model, rescale_edits(model, group, scale * 1e-9, -128))
    for layer in model.layers:
        biases = model.tensors[layer.bias].constant().astype(np.int64)
        weights = np.abs(model.tensors[layer.weights].constant().astype(np.int64)).sum(axis=1)
        assert (np.abs(biases) + 255 * weights < 2**31).all()
    assert not any(wrapping_channels(model, layer).size for layer in model.layers[1:])
