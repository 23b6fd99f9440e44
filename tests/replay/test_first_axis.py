"""Models whose samples take several rows of an array: the first axis of an input is not 1."""

import numpy as np
import pytest

from copying_models import axis, data, ints
from interpreted_models import one, values
from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from mendlite.tflite.support import require_repairable
from own_kernels import compared
from tiny_models import ModelSpec, OpSpec, TensorSpec, build, conv_spec, dense_spec


def batch_of(spec, count):
    """The same network with its batch axis of ``count``."""
    for tensor in spec.tensors:
        if tensor.data is None:
            tensor.shape = (count, *tensor.shape[1:])
    return spec


def over_rows():
    """No batch axis: three rows are averaged, and one by one added to."""
    tensors = [
        values("in", (3, 4)),
        ints("axis", 0),
        values("mean", (1, 4)),
        values("out", (3, 4), scale=[0.2]),
    ]
    ops = [
        OpSpec("MEAN", [0, 1], [2], "ReducerOptions", {"KeepDims": True}),
        OpSpec("ADD", [0, 2], [3], "AddOptions", {}),
    ]
    return ModelSpec(tensors, ops, [0], [3])


MODELS = {
    "dense": batch_of(dense_spec(), 3),
    "convolution": batch_of(conv_spec(), 2),
    "over the rows": over_rows(),
    "turned": one("TRANSPOSE", [data("x", (3, 4)), ints("p", 1, 0), data("y", (4, 3))], [0, 1], [2]),
    "a row of each": one("SPLIT", [axis(0), data("x", (2, 4)), data("a", (1, 4)), data("b", (1, 4))],
                         [0, 1], [2, 3], "SplitOptions", {"NumSplits": 2}),
    "largest": one("REDUCE_MAX", [data("x", (2, 4)), ints("a", 0), data("y", (4,))], [0, 1], [2],
                   "ReducerOptions", {}),
    "interpreted": one("ABS", [data("x", (2, 4)), data("y", (2, 4))], [0], [1]),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_the_bytes_are_those_of_the_runtimes(name):
    assert compared(MODELS[name], count=5, own=name != "interpreted")


def test_rows_that_make_no_whole_sample_are_refused():
    model = read(build(MODELS["dense"]))
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    with pytest.raises(BadInputError, match="takes 3 rows a sample; 4 are no multiple"):
        list(runner.run([np.zeros((4, 6), np.int8)], model.outputs))


def test_such_a_model_is_not_repaired():
    model = read(build(MODELS["dense"]))
    with pytest.raises(UnsupportedModelError, match=r"shape \[3, 6\]: its first axis must hold"):
        require_repairable(model)
    with pytest.raises(UnsupportedModelError, match=r"shape \[3, 6\]: its first axis must hold"):
        prepare_model(model, Profile.TFLM)


def test_inputs_of_different_rows():
    tensors = [
        values("a", (2, 4)),
        TensorSpec("b", (1, 4), scale=[0.1], zero_point=[0]),
        values("o", (2, 4), scale=[0.3]),
    ]
    spec = one("ADD", tensors, [0, 1], [2], "AddOptions", {})
    assert compared(spec, count=5)
