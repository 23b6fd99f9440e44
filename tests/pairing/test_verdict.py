"""Verdicts on pairs whose relation is known."""

import numpy as np
import pytest

from mendlite.errors import BadInputError
from mendlite.pairing.layers import pair_layers
from mendlite.pairing.tensors import pair_tensors
from mendlite.pairing.verdict import (
    Match,
    PairingVerdict,
    fitted_distance,
    judge_pairs,
    require_same_network,
)
from mendlite.tflite.reader import read
from tiny_models import build, dense_spec, float_twin

SIZES = {"inputs": 40, "hidden": 30, "classes": 20}


def judged(change):
    spec = dense_spec(**SIZES)
    twin = float_twin(spec)
    for tensor in twin.tensors:
        if tensor.name.startswith("w"):
            tensor.data = change(tensor.name, tensor.data).astype("<f4")
    reference, quantized = read(build(twin)), read(build(spec))
    return judge_pairs(reference, quantized, pair_layers(reference, quantized))


def jitter(name, data):
    step = 0.01 if name == "w1" else 0.02
    return data + np.random.default_rng(1).uniform(-0.49, 0.49, data.shape) * step


def test_a_fresh_rounding_is_the_same_network():
    found = judged(jitter)
    assert found.verdict is PairingVerdict.SAME
    assert {layer.match for layer in found.layers} == {Match.ROUNDED}


def test_weights_computed_back_make_a_hybrid_twin():
    found = judged(lambda name, data: data if name == "w2" else jitter(name, data))
    assert found.verdict is PairingVerdict.HYBRID
    assert [layer.number for layer in found.of(Match.COPIED)] == [1]


def test_factors_per_channel_are_seen_through():
    factors = np.exp(np.random.default_rng(2).normal(size=30) * 2)
    found = judged(lambda n, d: d * factors[:, None] if n == "w1" else d / factors)
    assert found.verdict is PairingVerdict.RESCALED
    require_same_network(found)


def test_other_weights_are_another_network():
    rng = np.random.default_rng(3)
    found = judged(lambda n, d: rng.normal(size=d.shape) if n == "w2" else d)
    assert found.verdict is PairingVerdict.OTHER
    with pytest.raises(BadInputError, match="layer 1 .*another network"):
        require_same_network(found)


def test_a_small_layer_cannot_be_fitted():
    a = np.random.default_rng(4).normal(size=(3, 4))
    assert fitted_distance(a, a) == np.inf


def test_tensors_are_paired_by_what_makes_them():
    spec = dense_spec()
    reference, quantized = read(build(float_twin(spec))), read(build(spec))
    assert pair_tensors(reference, quantized) == {0: 0, 3: 3, 6: 6}
