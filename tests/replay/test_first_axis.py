"""Models whose samples take several rows of an array: the first axis of an input is not 1."""

import numpy as np
import pytest

from copying_models import axis, data, ints
from interpreted_models import one, values
from mendlite.errors import BadInputError
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from own_kernels import compared, inputs_of
from several_rows import batch_of
from tiny_models import ModelSpec, OpSpec, TensorSpec, build, conv_spec, dense_spec


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


@pytest.mark.parametrize("shape", [(12, 6), (4, 18), (4, 1, 3, 6), (4, 6, 3), ()])
def test_another_shape_of_a_sample_is_refused(shape):
    model = read(build(MODELS["dense"]))
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    with pytest.raises(BadInputError, match=r"needs INT8 \[3, 6\] a sample"):
        list(runner.run([np.zeros(shape, np.int8)], model.outputs))


@pytest.mark.parametrize("name", ["dense", "convolution"])
def test_rows_of_a_layer_are_those_of_a_model_of_one_row(name):
    spec = {"dense": dense_spec, "convolution": conv_spec}[name]
    several, single = (read(build(s)) for s in (MODELS[name], spec()))
    (x,) = inputs_of(several, 5)
    runners = [ReferenceRunner(model=m, profile=Profile.TFLM) for m in (several, single)]
    rows = x.reshape(-1, *x.shape[2:])
    ours, theirs = (
        collect(runner, [values], runner.model.outputs)[runner.model.outputs[0]]
        for runner, values in zip(runners, (x, rows), strict=True)
    )
    assert np.array_equal(ours, theirs)


def test_inputs_of_different_rows():
    tensors = [
        values("a", (2, 4)),
        TensorSpec("b", (1, 4), scale=[0.1], zero_point=[0]),
        values("o", (2, 4), scale=[0.3]),
    ]
    spec = one("ADD", tensors, [0, 1], [2], "AddOptions", {})
    assert compared(spec, count=5)
