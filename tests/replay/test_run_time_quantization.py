"""Asymmetric quantization at run time, amid two steps too: LiteRT and TensorFlow Lite 2.14 differ."""

import numpy as np
import pytest

from int16_models import RUNTIMES
from mendlite.arith.hybrid import asymmetric
from mendlite.checker.evaluate import evaluate
from mendlite.checker.graph import read_graph
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from tiny_models import build, dense_spec, float_twin

DESKTOP = [name for name in RUNTIMES if name != "tflm"]


def dense_in_dynamic_range():
    whole = dense_spec()
    spec = float_twin(whole)
    for tensor, own in zip(spec.tensors, whole.tensors, strict=True):
        if own.data is not None and own.type == "INT8":
            tensor.type, tensor.data, tensor.axis = "INT8", own.data, own.axis
            tensor.scale, tensor.zero_point = own.scale, own.zero_point
    for op in spec.ops:
        op.fields["AsymmetricQuantizeInputs"] = True
    return build(spec)


def multiples(model, count=300):
    """Multiples of 0.03: in ranges of 14 of them many lie amid two of the 255 steps."""
    shape = (count, *model.tensors[0].shape[1:])
    return [(np.random.default_rng(2).integers(-14, 15, shape) * 0.03).astype("f4")]


@pytest.mark.parametrize("name", DESKTOP)
def test_a_dense_layer_has_the_bytes_of_every_desktop(name):
    model = read(dense_in_dynamic_range())
    x, tensor = multiples(model), model.operators[0].outputs[0]
    own = ReferenceRunner(model=model, profile=RUNTIMES[name].profile)
    theirs = collect(IsolatedRunner(model=model, runtime=RUNTIMES[name]), x, [tensor])[tensor]
    assert collect(own, x, [tensor])[tensor].tobytes() == theirs.tobytes()


@pytest.mark.parametrize("profile", list(Profile))
def test_the_checker_rounds_as_the_kernels(profile):
    model = read(dense_in_dynamic_range())
    x, tensor = multiples(model), model.operators[0].outputs[0]
    found = evaluate(read_graph(model.data), profile.value, x, [tensor])[tensor]
    ours = collect(ReferenceRunner(model=model, profile=profile), x, [tensor])[tensor]
    np.testing.assert_allclose(found, ours, atol=1e-5 * np.abs(ours).max())


def test_the_two_rules_by_hand():
    # 14 steps of 0.03 are 255: the zero-point is 145.7 - 128, the last value 18.2 steps.
    row = np.array([[-8, 6, 1]], np.float32) * np.float32(0.03)
    kinds = [asymmetric(row, litert=litert) for litert in (False, True)]
    assert [kind[2].tolist() for kind in kinds] == [[18], [18]]
    assert [kind[0].tolist() for kind in kinds] == [[[-128, 127, 36]], [[-128, 127, 36]]]
    many = multiples(read(dense_in_dynamic_range()))[0]
    old, new = (asymmetric(many, litert=litert) for litert in (False, True))
    assert 0 < np.abs(old[0].astype(int) - new[0]).sum() < 0.02 * many.size
