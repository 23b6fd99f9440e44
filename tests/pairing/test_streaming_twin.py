"""A float model without state beside a streaming int8 one: two forms of one network, or refused."""

from dataclasses import replace

import numpy as np
import pytest

from mendlite.errors import BadInputError
from mendlite.model.rounding import Profile
from mendlite.pairing.streaming_twin import streaming_twin
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.targets.open import CaseOptions, load_case
from mendlite.tflite.reader import read
from small_targets import head
from streaming_models import streaming_spec
from tiny_models import ModelSpec, OpSpec, build, float_twin

FRAMES, WINDOW = 9, 6
"""Frames of 2 rows; conv over 4 rows, then over 4 steps: 2 + 3 frames are enough of a window."""

TABLE = head("count = 20", "count = 10") + '[task]\nkind = "multi-label"\n'


def whole_spec(spec, rows):
    """The same layers without state, over a window of time at once."""
    layers = [o for o in spec.ops if o.op in {"CONV_2D", "DEPTHWISE_CONV_2D"}]
    rest = [o for o in spec.ops if o.op in {"RESHAPE", "FULLY_CONNECTED", "LOGISTIC"}]
    first, second = (replace(o, inputs=list(o.inputs), fields=dict(o.fields)) for o in layers)
    tensors = [replace(t) for t in spec.tensors]
    first.inputs[0], second.inputs[0] = spec.inputs[0], first.outputs[0]
    first.fields["StrideH"] = 2  # a frame has two rows
    tensors[spec.inputs[0]].shape = (1, rows, 1, 3)
    steps = (rows - 4) // 2 + 1
    tensors[first.outputs[0]].shape = (1, steps, 1, 4)
    tensors[second.outputs[0]].shape = (1, steps - 3, 1, 4)
    ops = [OpSpec(o.op, o.inputs, o.outputs, o.options, o.fields) for o in (first, second, *rest)]
    return ModelSpec(tensors, ops, spec.inputs, spec.outputs)


def write_target(folder, float_spec):
    x = np.random.default_rng(4).normal(0, 2, (60, FRAMES, 2, 1, 3)).astype(np.float32)
    np.savez(folder / "data.npz", x=x)
    (folder / "float.tflite").write_bytes(build(float_twin(float_spec)))
    (folder / "int8.tflite").write_bytes(build(streaming_spec(2)))
    (folder / "target.toml").write_text(TABLE, encoding="utf-8")
    return str(folder / "target.toml")


def test_the_form_without_state_pairs_with_the_streaming_one(tmp_path):
    case = load_case(write_target(tmp_path, whole_spec(streaming_spec(2), 10)), CaseOptions())
    assert any("computes the same on 64 windows" in line for line in case.understood)
    own = read(build(float_twin(streaming_spec(2))))
    samples = case.sets.validation
    inputs = case.float_inputs(samples)
    ours = collect(make_runner("reference", case.reference, Profile.TFLM), inputs, own.outputs)
    theirs = collect(
        make_runner("reference", replace(own, frames=FRAMES), Profile.TFLM), inputs, own.outputs
    )
    for tensor in own.outputs:
        assert np.allclose(ours[tensor], theirs[tensor], atol=1e-6)
    assert [pair.distance < 0.01 for pair in case.pairs] == [True] * 3


def _other_activation(spec):
    spec.ops[0].fields["FusedActivationFunction"] = 0
    return spec


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (_other_activation(whole_spec(streaming_spec(2), 10)), "not two forms of one network"),
        (whole_spec(streaming_spec(2), 30), "hold no such window of whole frames"),
    ],
)
def test_another_network_and_too_short_recordings_are_refused(tmp_path, spec, words):
    with pytest.raises(BadInputError, match=words):
        load_case(write_target(tmp_path, spec), CaseOptions())


def test_layers_of_other_shapes_are_no_twins():
    other = whole_spec(streaming_spec(2), 10)
    other.ops = other.ops[1:]
    other.inputs = [other.ops[0].inputs[0]]
    with pytest.raises(BadInputError, match="not the same network"):
        streaming_twin(read(build(float_twin(other))), read(build(streaming_spec(2))))


def test_a_float_model_with_state_needs_an_int8_one_with_state(tmp_path):
    path = write_target(tmp_path, streaming_spec(2))
    (tmp_path / "int8.tflite").write_bytes(build(whole_spec(streaming_spec(2), 10)))
    with pytest.raises(BadInputError, match="keeps values from frame to frame and the int8"):
        load_case(path, CaseOptions())
