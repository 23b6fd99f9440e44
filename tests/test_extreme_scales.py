"""Files whose scales stand at the ends of float32 end well or in one line, wherever they go."""

import warnings

import numpy as np
import pytest

from mendlite.model.delta import Field
from mendlite.model.rounding import Profile
from mendlite.tflite.edits import field_edit, make_delta
from mendlite.tflite.patch import apply
from mendlite.tflite.reader import read
from model_fuzz.attempt import attempt
from model_fuzz.dice import Dice
from model_fuzz.originals import originals
from model_fuzz.stages import STAGES

ENDS = (1e-45, 3.4e38)
PROFILES = tuple(Profile)


def with_scales(data, scale, tensors):
    """The file with one scale for all these tensors that have any."""
    model = read(data)
    edits = [
        field_edit(model, t.index, Field.SCALE, np.full(t.quant.scale.size, scale, np.float32))
        for t in model.tensors
        if t.quant is not None and t.quant.scale.size and tensors(model, t)
    ]
    return apply(data, make_delta(model, edits), model) if edits else None


def of_results(model, tensor):
    return model.producer(tensor.index) is not None


def of_all(_model, _tensor):
    return True


@pytest.mark.slow
@pytest.mark.parametrize("tensors", [of_results, of_all], ids=lambda f: f.__name__)
@pytest.mark.parametrize("scale", ENDS)
def test_no_stage_warns_or_breaks(scale, tensors):
    faults = []
    # Over the four ways each file meets every profile once.
    turn = 2 * ENDS.index(scale) + (tensors is of_all)
    for number, one in enumerate(originals(small=True)):
        name, data = one.name, one.written
        base = read(data)
        changed = with_scales(data, scale, tensors)
        if changed is None:
            continue
        profile = PROFILES[(number + turn) % len(PROFILES)]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            outcome = attempt(changed, base, Dice(5, number), STAGES, profile)
        faults += [(name, fault.bucket, fault.message) for fault in outcome.faults]
    assert not faults
