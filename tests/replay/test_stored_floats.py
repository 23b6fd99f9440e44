"""Constants behind DEQUANTIZE and float islands: replayed with the interpreters' bytes."""

import numpy as np
import pytest

from mendlite.errors import UnsupportedModelError
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from mendlite.tflite.diff import diff
from mendlite.tflite.reader import read
from mendlite.tflite.support import require_repairable
from random_inputs import random_inputs
from stored_float_models import half_spec, island_spec
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

RUNTIMES = [runtime for runtime in installed() if runtime.name != "tflm"]
EACH = pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda r: r.name)
ISLANDS = {
    "a float16 vector": island_spec(),
    "an int8 vector": island_spec(kind="INT8"),
    "a uint8 vector": island_spec(kind="UINT8"),
    "a layer of float16 weights": island_spec(dense=True),
    "a layer of int8 weights": island_spec(kind="INT8", dense=True),
}


def both(model, runtime, x, tensors):
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), x, tensors)
    theirs = collect(IsolatedRunner(model=model, runtime=runtime), x, tensors)
    return [(ours[t], theirs[t]) for t in tensors]


@pytest.mark.parametrize("spec", ISLANDS.values(), ids=ISLANDS)
@EACH
def test_int8_values_before_and_behind_an_island_are_the_interpreters(runtime, spec):
    model = read(build(spec))
    interpreted = prepare(model, runtime.profile).prepared.interpreted
    assert list(interpreted) == [o.index for o in model.operators[2:4] if len(o.inputs) == 3]
    whole = [t.index for t in model.tensors if t.name in {"h", "back", "out"}]
    for ours, theirs in both(model, runtime, random_inputs(model, 300), whole):
        assert ours.tobytes() == theirs.tobytes()


@EACH
def test_float16_weights_are_known_where_a_layer_reads_them(runtime):
    model = read(build(half_spec()))
    assert [layer.frozen for layer in model.layers] == ["its weights are FLOAT32"] * 2
    (pair,) = both(model, runtime, random_inputs(model, 50, deviation=1), [model.outputs[0]])
    assert np.allclose(*pair, rtol=1e-6, atol=1e-6)


@EACH
def test_every_float16_is_converted_exactly(runtime):
    bits = np.arange(2**16, dtype="<u2").view("<f2")
    finite = bits[np.isfinite(bits)]
    tensors = [
        TensorSpec("half", (1, finite.size), "FLOAT16", finite.reshape(1, -1)),
        TensorSpec("x", (1, 1), "FLOAT32"),
        TensorSpec("real", (1, finite.size), "FLOAT32"),
        TensorSpec("o", (1, finite.size), "FLOAT32"),
    ]
    ops = [OpSpec("DEQUANTIZE", [0], [2]), OpSpec("MUL", [2, 1], [3], "MulOptions")]
    model = read(build(ModelSpec(tensors, ops, [1], [3])))
    (pair,) = both(model, runtime, [np.ones((1, 1), np.float32)], [3])
    assert pair[0].tobytes() == pair[1].tobytes()


def test_a_file_of_float16_weights_is_a_float_model():
    with pytest.raises(UnsupportedModelError, match="they are float16, as in a float model"):
        require_repairable(read(build(half_spec())))


def test_a_computed_constant_is_no_place_for_an_edit():
    """It has no bytes of its own in the file, so that a comparison of two files passes it over."""
    model = read(build(island_spec(dense=True)))
    assert diff(model, model).size == 0
    assert model.layers[1].frozen == "its weights are FLOAT32"
