"""Reading: what a valid file says, and what is said of an invalid one."""

import numpy as np
import pytest

from mendlite.errors import BadInputError, MalformedModelError, UnsupportedModelError
from mendlite.model.tensor import DType
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.reader import read, read_file
from mendlite.tflite.support import require_own_weights, require_repairable
from tiny_models import OpSpec, TensorSpec, build, conv_spec, dense_spec, float_twin

REAL = {
    "mlperf_ic/pretrainedResnet_quant": (10, 16, ()),
    "mlperf_vww/vww_96_int8": (28, 31, ()),
    "mobilenet_v2/tf2_mobilenet_v2_1.0_224_ptq": (53, 68, ()),
    "mnist_lstm/trained_lstm_int8": (1, 4, ()),
    "mlperf_ic/pretrainedResnet": (10, 16, ("no layer has int8, int4 or uint8 weights: it is not a quantized model",)),
}  # fmt: skip


def test_tensors_layers_and_offsets():
    spec = dense_spec()
    model = read(build(spec))
    assert [t.name for t in model.tensors] == ["in", "w1", "b1", "h", "w2", "b2", "out"]
    assert [layer.weights for layer in model.layers] == [1, 4]
    assert model.layers[0].channels == 5
    assert model.layers[0].frozen is None
    assert model.unsupported == ()
    weights = model.tensors[1]
    assert weights.dtype is DType.INT8
    assert np.array_equal(weights.constant(), spec.tensors[1].data)
    at = weights.buffer.offset
    assert model.data[at : at + weights.buffer.size] == spec.tensors[1].data.tobytes()
    scale = weights.quantization()
    assert np.frombuffer(model.data, "<f4", 1, scale.scale_offset)[0] == np.float32(0.01)
    assert np.frombuffer(model.data, "<i8", 1, scale.zero_point_offset)[0] == 0


def test_values_are_read_only():
    model = read(build(dense_spec()))
    with pytest.raises(ValueError, match="read-only"):
        model.tensors[1].constant()[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        model.tensors[1].quantization().scale[0] = 1


def test_convolution_options_and_channel_axis():
    model = read(build(conv_spec(stride=(2, 1), dilation=(1, 2), padding=1, depthwise=True)))
    options = model.operators[0].options
    assert options["stride_h"] == 2
    assert options["stride_w"] == 1
    assert options["dilation_w"] == 2
    assert options["padding"] == "VALID"
    assert options["activation"] == "RELU"
    assert model.layers[0].channel_axis == 3
    assert model.tensors[1].quantization().per_channel


def test_the_options_of_another_operator_are_left_unread():
    spec = conv_spec(stride=(2, 1))
    spec.ops[0].options = "Pool2DOptions"
    spec.ops[0].fields = {"StrideH": 2, "StrideW": 1}
    assert read(build(spec)).operators[0].options == {}


@pytest.mark.parametrize("name", REAL)
def test_real_files(data_root, name):
    layers, operators, unsupported = REAL[name]
    model = read_file(data_root / "models" / f"{name}.tflite")
    assert len(model.layers) == layers
    assert len(model.operators) == operators
    assert model.unsupported == unsupported


def broken(change):
    spec = dense_spec()
    change(spec)
    return build(spec)


def bad_scale(value):
    def change(spec):
        spec.tensors[1].scale = [value]

    return change


def set_tensor(index, **fields):
    def change(spec):
        for name, value in fields.items():
            setattr(spec.tensors[index], name, value)

    return change


def set_op(index, **fields):
    def change(spec):
        for name, value in fields.items():
            setattr(spec.ops[index], name, value)

    return change


def loop_of_a_variable(spec):
    """The first operator reads the variable that it writes."""
    set_tensor(3, is_variable=True)(spec)
    set_op(0, inputs=[3, 1, 2])(spec)


MALFORMED = {
    "a scale of 0": (bad_scale(0.0), "tensor 1 'w1': scale 0 is 0.0"),
    "a scale of NaN": (bad_scale(float("nan")), "tensor 1 'w1': scale 0 is nan"),
    "an infinite scale": (bad_scale(float("inf")), "scale 0 is inf"),
    "a negative scale": (bad_scale(-1.0), "scale 0 is -1.0"),
    "too many scales": (set_tensor(1, scale=[0.1] * 4, zero_point=[0] * 4), "4 scales along axis 0"),
    "too many zero-points": (set_tensor(1, zero_point=[0, 0]), "1 scales but 2 zero-points"),
    "a zero-point out of range": (set_tensor(0, zero_point=[300]), "outside INT8"),
    "a buffer too small": (set_tensor(1, shape=(5, 7)), "buffer 1 has 30 bytes"),
    "a negative shape": (set_tensor(0, shape=(1, -6)), "its shape [1, -6] is impossible"),
    "a huge shape": (set_tensor(3, shape=(2**30, 2**30)), "elements"),
    "an unknown type": (set_tensor(3, type=99), "element type 99 is unknown"),
    "an input that does not exist": (set_op(0, inputs=[0, 1, 77]), "tensor 77 does not exist"),
    "an input that nothing writes": (set_op(0, inputs=[6, 1, 2]), "nothing writes tensor 6"),
    "an output written twice": (set_op(1, outputs=[3]), "tensor 3 is written twice"),
    "an output named twice": (set_op(0, outputs=[3, 3]), "tensor 3 is written twice"),
    "an operator without an output": (set_op(1, outputs=[]), "operator 1 FULLY_CONNECTED: it has no output"),
    "an input that is written": (set_op(0, outputs=[3, 0]), "tensor 0 is an input of the model"),
    "a variable read and written": (loop_of_a_variable, "tensor 3 is read before it is written"),
    "a bias of another length": (set_tensor(2, shape=(4,), data=np.zeros(4, "<i4")), "a bias of shape [4]"),
    "another schema": (lambda spec: setattr(spec, "version", 7), "schema version 7"),
    "no output": (lambda spec: setattr(spec, "outputs", []), "the graph has no output"),
    "no subgraph": (lambda spec: setattr(spec, "subgraphs", 0), "no subgraph"),
}  # fmt: skip


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_files_name_the_place(what):
    change, message = MALFORMED[what]
    with pytest.raises(MalformedModelError) as caught:
        read(broken(change))
    assert message in str(caught.value)


UNSUPPORTED = {
    "int2 weights": (set_tensor(1, type=19, data=np.zeros(8, np.int8)), "int2 weights"),
    "float16 weights": (set_tensor(1, type="FLOAT16", data=np.zeros((5, 6), "<f2"), scale=None), "float16"),
    "sparse weights": (set_tensor(1, sparse=True), "sparse weights"),
    "Vela": (set_op(1, op="CUSTOM", custom="ethos-u", options=""), "Vela"),
    "Edge TPU": (set_op(1, op="CUSTOM", custom="edgetpu-custom-op", options=""), "Edge TPU"),
    "another custom operator": (set_op(1, op="CUSTOM", custom="mine", options=""), "a custom operator"),
    "control flow": (set_op(1, op="WHILE", options=""), "control flow"),
    "two subgraphs": (lambda spec: setattr(spec, "subgraphs", 2), "2 subgraphs"),
    "state": (set_op(1, op="READ_VARIABLE", options=""), "other inputs or outputs than a variable's"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNSUPPORTED)
def test_unsupported_files_are_read_and_refused_with_the_reason(what):
    change, message = UNSUPPORTED[what]
    model = read(broken(change))
    with pytest.raises(UnsupportedModelError) as caught:
        require_repairable(model)
    assert message in str(caught.value)


def test_a_float_model_is_no_quantized_model():
    model = read(build(float_twin(dense_spec())))
    with pytest.raises(UnsupportedModelError, match="not a quantized model"):
        require_repairable(model)


def test_shared_weights_are_refused_with_both_names():
    spec = dense_spec(inputs=5, hidden=5, classes=5)
    spec.tensors[4].buffer_of = 1
    model = read(build(spec))
    assert model.tensors[4].buffer.tensors == (1, 4)
    with pytest.raises(BadInputError, match=r"1 'w1', 4 'w2'.*`layers`"):
        require_own_weights(model, model.layers)
    require_own_weights(model, [])


def test_a_shared_bias_freezes_the_bias_alone():
    spec = dense_spec(inputs=5, hidden=5, classes=5)
    spec.tensors[5].buffer_of = 2
    model = read(build(spec))
    assert [layer.bias_frozen is not None for layer in model.layers] == [True, True]
    require_own_weights(model, model.layers)


def test_a_dead_channel_is_known():
    spec = conv_spec()
    spec.tensors[1].scale[2] = 1e-9
    model = read(build(spec))
    assert dead_channels(model, model.layers[0]).tolist() == [False, False, True, False]


def test_an_optional_bias_may_be_left_out():
    spec = dense_spec()
    spec.ops[0].inputs = [0, 1, -1]
    assert read(build(spec)).layers[0].bias is None


def test_a_shared_operator_list_is_no_cycle():
    spec = dense_spec()
    spec.ops.append(OpSpec("RESHAPE", [6, 7], [8], "ReshapeOptions", {}))
    spec.tensors += [
        TensorSpec("shape", (2,), "INT32", np.array([1, 3], "<i4")),
        TensorSpec("flat", (1, 3), scale=[0.4], zero_point=[5]),
    ]
    spec.outputs = [8]
    assert read(build(spec)).operators[2].op == "RESHAPE"


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(BadInputError, match="none.tflite: No such file"):
        read_file(tmp_path / "none.tflite")


def weights_through_dequantize():
    spec = float_twin(dense_spec())
    stored = dense_spec().tensors[1]
    spec.tensors.append(stored)
    spec.tensors[1].data = None
    spec.ops.insert(0, OpSpec("DEQUANTIZE", [7], [1]))
    return spec


def test_weight_only_quantization_is_named():
    with pytest.raises(
        UnsupportedModelError,
        match="operator 1 FULLY_CONNECTED: DEQUANTIZE makes its weights float",
    ):
        require_repairable(read(build(weights_through_dequantize())))


def test_a_quantized_file_without_weights_is_not_called_float():
    spec = dense_spec()
    spec.ops, spec.outputs = [OpSpec("RELU", [0], [3])], [3]
    spec.tensors[3].shape = (1, 6)
    with pytest.raises(
        UnsupportedModelError,
        match="no layer has int8, int4 or uint8 weights: there is nothing to repair",
    ):
        require_repairable(read(build(spec)))


def test_a_compiled_operator_may_read_scratch_memory():
    spec = dense_spec()
    spec.tensors.append(TensorSpec("scratch", (1000,), scale=[1.0]))
    spec.ops = [OpSpec("CUSTOM", [0, 7], [6], custom="ethos-u")]
    with pytest.raises(UnsupportedModelError, match="compiled by Vela"):
        require_repairable(read(build(spec)))
    spec.ops = [OpSpec("CUSTOM", [0, 7], [6], custom="mine")]
    with pytest.raises(MalformedModelError, match="nothing writes tensor 7"):
        read(build(spec))


@pytest.mark.parametrize("count", [8, 9])
def test_more_than_eight_dimensions_in_the_options_are_refused(count):
    spec = dense_spec()
    shape = (1,) * (count - 1) + (3,)
    spec.ops.append(OpSpec("RESHAPE", [6], [7], "ReshapeOptions", {"NewShape": shape}))
    spec.tensors.append(TensorSpec("deep", shape[-8:], scale=[0.4], zero_point=[5]))
    spec.outputs = [7]
    if count == 8:
        assert read(build(spec)).operators[2].options["new_shape"] == shape
        return
    with pytest.raises(MalformedModelError, match="operator 2 RESHAPE: .*9 dimensions"):
        read(build(spec))
