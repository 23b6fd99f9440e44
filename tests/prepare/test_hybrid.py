"""Hybrid layers: int8 weights under a float input."""

import pytest

from mendlite.checker.graph import read_graph
from mendlite.checker.prepare import require_prepared
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.prepare.model import prepare_model
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, float_twin


def hybrid(**geometry):
    """A convolution with int8 weights and all else in float."""
    spec = conv_spec(**geometry)
    twin = float_twin(spec)
    twin.tensors[1] = spec.tensors[1]
    return build(twin)


def test_a_depthwise_one_wants_a_scale_per_channel():
    data = hybrid(depthwise=True, filters=6, per_channel=False)
    with pytest.raises(
        UnsupportedModelError, match="DEPTHWISE_CONV_2D.*one weight scale for 6 channels"
    ):
        prepare_model(read(data), Profile.TFLITE_REF)
    graph = read_graph(data)
    with pytest.raises(UnsupportedModelError, match="one scale for all channels"):
        require_prepared(graph, "tflite_ref", graph.ops)


@pytest.mark.parametrize(
    "geometry",
    [
        {"depthwise": True, "filters": 6},
        {"depthwise": True, "filters": 1, "channels": 1, "per_channel": False},
        {"per_channel": False},
        {},
    ],
)
def test_others_are_prepared(geometry):
    data = hybrid(**geometry)
    prepare_model(read(data), Profile.TFLITE_REF)
    graph = read_graph(data)
    require_prepared(graph, "tflite_ref", graph.ops)
