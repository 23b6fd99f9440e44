"""Files that the reader accepts and that pairing, groups and logits must still take or refuse."""

import numpy as np
import pytest

from mendlite.errors import BadInputError, MalformedModelError, UnsupportedModelError
from mendlite.model.interface import MayEdit
from mendlite.model.recurrent import integer_lstms
from mendlite.pairing.layers import pair_layers
from mendlite.tflite.channel_groups import channel_groups
from mendlite.tflite.logits import logits_tensor
from mendlite.tflite.reader import read
from mendlite.tflite.rescale import rescale_edits
from mendlite.tflite.scale_groups import scale_groups
from recurrent_models import lstm_spec
from tiny_models import OpSpec, TensorSpec, build, dense_spec, float_twin

EVERY = MayEdit(inputs=True, outputs=True)


def float_model(**changes):
    spec = float_twin(dense_spec())
    for name, value in changes.items():
        setattr(spec.tensors[4], name, value)
    return read(build(spec))


def test_float_weights_that_are_no_numbers():
    weights = float_twin(dense_spec()).tensors[4].data.copy()
    weights[0, 0] = np.nan
    with pytest.raises(BadInputError, match="layer 1 'out': a weight is NaN or infinite"):
        pair_layers(float_model(data=weights), read(build(dense_spec())))


def test_weights_of_a_type_that_cannot_be_compared():
    for kind, size in (("FLOAT64", 15 * 8), ("COMPLEX64", 15 * 8)):
        model = float_model(type=kind, data=np.zeros(size, np.uint8))
        with pytest.raises(UnsupportedModelError, match=f"layer 1 'out': {kind} weights"):
            pair_layers(model, model)


def test_integer_weights_without_a_scale():
    spec = float_twin(dense_spec())
    for kind, count in (("INT8", 15), ("INT4", 8)):
        spec.tensors[4].type, spec.tensors[4].data = kind, np.zeros(count, np.int8)
        model = read(build(spec))
        with pytest.raises(UnsupportedModelError, match="layer 1 'out': its weights have no scale"):
            pair_layers(model, model)


def test_half_precision_weights_are_compared():
    weights = float_twin(dense_spec()).tensors[4].data.astype("<f2")
    model = float_model(type="FLOAT16", data=weights)
    assert pair_layers(model, read(build(dense_spec())))[1].distance < 0.01


@pytest.mark.parametrize("op", ["SOFTMAX", "RESHAPE"])
def test_a_last_operator_without_inputs_ends_the_search_for_logits(op):
    spec = dense_spec()
    spec.tensors.append(TensorSpec("p", (1, 3), scale=[1 / 256], zero_point=[-128]))
    spec.ops.append(OpSpec(op, [], [7]))
    spec.outputs = [7]
    assert logits_tensor(read(build(spec))) == 7


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf"), 1e-45, 1e39])
def test_what_no_scale_can_be(scale):
    model = read(build(dense_spec()))
    group = next(g for g in scale_groups(model) if g.frozen is None)
    with pytest.raises(ValueError, match="must be a positive float32"):
        rescale_edits(model, group, scale, 0)


def test_a_bias_of_the_largest_scale_keeps_one_that_float32_holds():
    spec = dense_spec()
    spec.tensors[5].scale = [3e38]
    model = read(build(spec))
    group = next(g for g in scale_groups(model) if g.frozen is None)
    scales = [e.new for e in rescale_edits(model, group, 1.0, 0) if e.tensor == 5 and e.field.value == "scale"]  # fmt: skip
    assert np.isfinite(scales[0]).all()
    assert channel_groups(model)


def test_a_concatenation_without_an_output():
    spec = dense_spec()
    spec.ops.append(OpSpec("CONCATENATION", [0, 1], []))
    with pytest.raises(MalformedModelError, match="operator 2 CONCATENATION: it has no output"):
        read(build(spec))


@pytest.mark.parametrize(("slot", "shape"), [(2, (2, 5)), (6, (6, 5)), (13, (2,)), (1, (30,))])
def test_an_lstm_of_two_numbers_of_cells_keeps_its_scales(slot, shape):
    spec = lstm_spec(inputs=5, cells=6)
    tensor = spec.tensors[spec.ops[0].inputs[slot]]
    tensor.shape, tensor.data = shape, tensor.data.reshape(-1)[: int(np.prod(shape))]
    model = read(build(spec))
    assert not integer_lstms(model)
    ends = {spec.ops[0].inputs[0], *spec.ops[0].outputs}
    assert all(g.frozen for g in scale_groups(model, EVERY) if ends & set(g.tensors))
