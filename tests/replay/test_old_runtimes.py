"""A runtime that takes a file otherwise than LiteRT, because it is older, is no witness."""

import pytest

from mendlite.model.rounding import TFLITE_2_14, Profile
from mendlite.replay.runtimes import Runtime
from mendlite.tflite.reader import read
from tiny_models import build, dense_spec, float_twin

OLD = Runtime(
    name="tflite-runtime", package="tflite-runtime", version="2.14.0", profile=TFLITE_2_14
)
NEW = Runtime(name="litert", package="ai-edge-litert", version="2.3.0", profile=Profile.TFLITE_REF)


def hybrid(scales):
    """int8 weights of the first dense layer, all else float."""
    spec = dense_spec()
    twin = float_twin(spec)
    twin.tensors[1] = spec.tensors[1]
    twin.tensors[1].scale, twin.tensors[1].zero_point = scales, [0] * len(scales)
    return read(build(twin))


def test_a_hybrid_dense_layer_with_a_scale_per_channel():
    model = hybrid([0.01, 0.02, 0.03, 0.04, 0.05])
    assert "too old for operator 0 FULLY_CONNECTED" in OLD.predates(model)
    assert NEW.predates(model) == ""


@pytest.mark.parametrize("model", [hybrid([0.01]), read(build(dense_spec()))])
def test_others_are_judged(model):
    assert OLD.predates(model) == ""
