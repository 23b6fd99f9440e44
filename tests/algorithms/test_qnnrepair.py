"""The paper's rows of one neuron."""

import numpy as np

from mendlite.algorithms.qnnrepair import NeuronData, neuron_problem
from mendlite.model.repair_options import Passing

FREE = (-(2**31), 2**31 - 1)


def neuron(**changes):
    fields = {
        "layer": 1, "neuron": 2, "inputs": np.arange(8, dtype=np.int16).reshape(4, 2),
        "float_active": np.array([True, False, True, False]),
        "active": np.array([False, True, True, True]),
        "failing": np.array([True, True, True, False]),
        "weights": np.array([100, -127], np.int16), "bias": 7, "threshold": 50,
    }  # fmt: skip
    return NeuronData(**(fields | changes))


def test_the_papers_rows_are_failing_tests_whose_signs_differ():
    found = neuron_problem(neuron(), passing=Passing.NONE, max_delta=None, max_rows=99, seed=0)
    assert found.inputs.tolist() == [[0, 1], [2, 3]]
    assert found.lower.tolist() == [50, FREE[0]]
    assert found.upper.tolist() == [FREE[1], 49]
    assert found.delta_min.tolist() == [-227, 0]
    assert found.delta_max.tolist() == [27, 254]


def test_passing_tests_keep_their_own_sign():
    found = neuron_problem(neuron(), passing=Passing.HARD, max_delta=4, max_rows=99, seed=0)
    assert found.inputs.tolist() == [[0, 1], [2, 3], [6, 7]]
    assert found.lower.tolist() == [50, FREE[0], 50]
    assert found.delta_min.tolist() == [-4, 0]


def test_rows_are_drawn_by_the_seed():
    draws = [
        neuron_problem(
            neuron(), passing=Passing.HARD, max_delta=None, max_rows=2, seed=s
        ).inputs.tolist()
        for s in (0, 0, 1, 2, 3)
    ]
    assert draws[0] == draws[1]
    assert any(draw != draws[0] for draw in draws[2:])
    assert all(len(draw) == 2 for draw in draws)


def test_a_minus_128_may_stay_but_not_grow():
    data = neuron(weights=np.array([-128, 0], np.int16))
    found = neuron_problem(data, passing=Passing.NONE, max_delta=None, max_rows=9, seed=0)
    assert found.delta_min.tolist() == [0, -127]


def test_soft_rows_of_passing_tests_have_a_price():
    found = neuron_problem(neuron(), passing=Passing.SOFT, max_delta=4, max_rows=99, seed=0)
    assert found.row_weights.tolist() == [0, 0, 1]
    assert found.hard.tolist() == [True, True, False]
