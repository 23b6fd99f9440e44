"""Samples with their axes in another order: fed alike by the repair and by the checker."""

import numpy as np
import pytest

from mendlite.case.preprocess import float_inputs, quantized_inputs
from mendlite.case.recipe import Preprocessing, Recipe
from mendlite.checker.graph import read_graph
from mendlite.checker.inputs import SampleSet, make_inputs
from mendlite.errors import BadInputError, ClaimError
from mendlite.model.samples import Samples
from mendlite.tflite.reader import read
from mendlite.understanding.layouts import arrangements
from tiny_models import build, conv_spec, float_twin

SPEC = conv_spec(size=(4, 5), channels=3)
X = np.random.default_rng(0).normal(0, 1, (6, 4, 5, 3)).astype("f4")
RULE = Preprocessing(transpose=[1, 2, 0], subtract=[0.1, 0.2, 0.3], multiply=2.0)
STORED = {"channels first": X.transpose(0, 3, 1, 2), "flat": X.transpose(0, 3, 1, 2).reshape(6, -1)}


def samples(raw):
    return Samples(name="s", source="s", rows=np.arange(len(raw)), raw=(raw,), labels=None)


@pytest.mark.parametrize("stored", STORED)
def test_both_models_and_the_checker_take_the_same(stored):
    raw = np.ascontiguousarray(STORED[stored])
    real = ((X - np.array([0.1, 0.2, 0.3])) * 2).astype("f4")
    twin, quantized = read(build(float_twin(SPEC))), build(SPEC)
    assert np.allclose(float_inputs([RULE], samples(raw), twin)[0], real, atol=1e-6)
    (ours,) = quantized_inputs([RULE], samples(raw), read(quantized))
    (theirs,) = make_inputs(
        read_graph(quantized), Recipe(inputs=(RULE,)).plain()["inputs"], SampleSet(raw=(raw,))
    )
    assert ours.flags.c_contiguous
    assert np.array_equal(ours, theirs)


def test_a_certificate_without_it_stays_as_it_was():
    assert "transpose" not in Recipe().plain()["inputs"][0]
    assert Recipe(inputs=(RULE,)).plain()["inputs"][0]["transpose"] == [1, 2, 0]


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 1], [3, 1, 2]])
def test_an_order_of_other_axes_is_refused(order):
    raw = np.ascontiguousarray(X)
    with pytest.raises(BadInputError, match="no order of the axes"):
        quantized_inputs([Preprocessing(transpose=order)], samples(raw), read(build(SPEC)))
    rule = Recipe(inputs=(Preprocessing(transpose=order),)).plain()["inputs"]
    with pytest.raises(ClaimError, match="no such order"):
        make_inputs(read_graph(build(SPEC)), rule, SampleSet(raw=(raw,)))


def test_a_sample_of_another_size_is_refused():
    raw = np.zeros((6, 3, 4, 4), "f4")
    with pytest.raises(BadInputError, match=r"has shape \[3, 4, 4\].*needs \[3, 4, 5\]"):
        quantized_inputs([RULE], samples(raw), read(build(SPEC)))
    with pytest.raises(ClaimError, match="does not fit"):
        make_inputs(
            read_graph(build(SPEC)), Recipe(inputs=(RULE,)).plain()["inputs"], SampleSet(raw=(raw,))
        )


@pytest.mark.parametrize(
    ("stored", "needed", "orders"),
    [
        ((32, 32, 3), (32, 32, 3), [()]),
        ((28, 28), (28, 28, 1), [()]),
        ((1, 28, 28), (28, 28, 1), [()]),
        ((3, 32, 32), (32, 32, 3), [(1, 2, 0)]),
        ((32, 32, 3), (3, 32, 32), [(2, 0, 1)]),
        ((40, 49), (49, 40, 1), [(1, 0, 2)]),
        ((3072,), (32, 32, 3), [(), (1, 2, 0)]),
        ((784,), (28, 28, 1), [()]),
        ((49, 10), (490,), [()]),
        ((31,), (32,), []),
    ],
)
def test_the_orders_that_shapes_allow(stored, needed, orders):
    assert [one.transpose for one in arrangements(stored, needed)] == orders
