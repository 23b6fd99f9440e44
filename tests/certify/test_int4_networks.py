"""Networks with int4 weights are decided by their values, as those with int8 weights are."""

import copy

import numpy as np
import pytest

from int4_models import SPECS, as_int8, dynamic_range, with_int4
from mendlite.certify.bounds.property import ErrorBound
from mendlite.certify.bounds.reach import reach
from mendlite.certify.decide import ProofEffort, certify
from mendlite.certify.lowering.lower import lower
from mendlite.certify.model_pair import ModelPair
from mendlite.certify.proof_task import ProofTask
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.model.verification import ProofVerdict
from mendlite.solvers.maximisers import make_maximiser
from mendlite.tflite.reader import read
from small_networks import models_of, outside, points, traces
from tiny_models import dense_spec, float_twin


def pair(name):
    """A float network, and the one with int4 weights that is quantized of it."""
    make, places = SPECS[name]
    spec = make()
    for place in places:
        # As far as int8 ones reach, the biases behind them as well: else outputs hardly move.
        for tensor in spec.tensors[place : place + 2]:
            tensor.scale = [16 * scale for scale in tensor.scale]
    _, values = with_int4(copy.deepcopy(spec), *places)
    as_int8(spec, places, values)
    twin = float_twin(spec)
    with_int4(spec, *places)
    return models_of(spec, first=twin)


@pytest.mark.parametrize("name", SPECS)
def test_no_execution_leaves_its_bounds(name):
    models = pair(name)
    size = models.networks.first.inputs
    box = models.box(np.full(size, -60), np.full(size, 60))
    first, second = traces(models, box, points(box, np.random.default_rng(0), 40))
    assert outside(reach(models.networks, box), first, second) == 0


@pytest.mark.parametrize("name", SPECS)
def test_bounds_are_those_of_the_same_int8_weights(name):
    make, places = SPECS[name]
    data, values = with_int4(make(), *places)
    other = read(as_int8(make(), places, values))
    models = [ModelPair.of(m, m, Profile.TFLM) for m in (read(data), other)]
    size = models[0].networks.first.inputs
    found = [reach(m.networks, m.box(np.full(size, -9), np.full(size, 9))) for m in models]
    for one, two in zip(*(bounds.tensors for bounds in found), strict=True):
        assert np.array_equal(one.first.lower, two.first.lower)
        assert np.array_equal(one.first.upper, two.first.upper)


def test_the_error_bound_is_decided_on_both_sides_of_the_truth():
    models = pair("dense")
    box = models.box(*(np.array([c, c, 5, -5, 0, 9]) for c in (-2, 2)))
    corner = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    every = np.hstack([corner, np.tile([5, -5, 0, 9], (len(corner), 1))])
    replay = models.replay(box, every)
    worst = np.abs(replay.second - replay.first)[:, 0].max()
    assert worst > 0.01
    effort = ProofEffort(seconds=20.0, solver=make_maximiser("highs"))
    for epsilon, wanted in (
        (worst * 1.01, ProofVerdict.PROVED),
        (worst * 0.99, ProofVerdict.REFUTED),
    ):
        task = ProofTask(models=models, box=box, wanted=ErrorBound(epsilon=epsilon, outputs=(0,)))
        assert certify(task, effort).verdict is wanted


def test_int4_weights_under_float_activations_are_refused():
    with pytest.raises(UnsupportedModelError, match="types FLOAT32, FLOAT32, INT4"):
        lower(read(dynamic_range(dense_spec(), 1, 4)), Profile.TFLM)
