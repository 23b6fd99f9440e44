"""Scales and axes that a file gets wrong, and biases of another type."""

import struct
import warnings

import numpy as np
import pytest

from mendlite.checker.graph import read_graph
from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.tflite.reader import read
from tiny_models import (
    OpSpec,
    TensorSpec,
    build,
    conv_spec,
    dense_spec,
    float_twin,
    transpose_conv_spec,
)

READERS = (read, read_graph)


def with_mean():
    """A dense network, then MEAN over axes that carry a scale of 0."""
    spec = dense_spec()
    spec.ops.append(OpSpec("MEAN", [6, 7], [8], "ReducerOptions", {"KeepDims": True}))
    spec.tensors += [
        TensorSpec("axes", (1,), "INT32", np.array([1], "<i4"), scale=[0.0], zero_point=[0]),
        TensorSpec("mean", (1, 1), scale=[0.4], zero_point=[5]),
    ]
    spec.outputs = [8]
    return spec


def test_a_scale_of_0_that_nothing_scales_by_is_no_scale():
    model = read(build(with_mean()))
    assert model.tensors[7].quant is None
    assert model.tensors[7].constant().tolist() == [1]
    assert read_graph(model.data).tensors[7].quant is None


def test_neither_is_that_of_a_float_or_of_what_nothing_reads():
    spec = float_twin(dense_spec())
    spec.tensors[1].scale = [0.0]
    spec.tensors.append(TensorSpec("spare", (2,), data=np.ones(2, np.int8), scale=[0.0]))
    for reader in READERS:
        found = reader(build(spec)).tensors
        assert found[1].quant is None
        assert found[-1].quant is None


ZEROS = {"an activation": 3, "weights": 1, "a bias": 2, "an input": 0, "an output": 6}


@pytest.mark.parametrize("what", ZEROS)
def test_a_scale_of_0_that_scales_something_is_refused_by_name(what):
    spec = dense_spec()
    tensor = spec.tensors[ZEROS[what]]
    tensor.scale = [0.0]
    message = f"tensor {ZEROS[what]} '{tensor.name}': scale 0 is 0.0.*FULLY_CONNECTED scales by it"
    with pytest.raises(MalformedModelError, match=message):
        read(build(spec))
    with pytest.raises(MalformedModelError, match=f"'{tensor.name}': a scale is not positive"):
        read_graph(build(spec))


def test_one_channel_of_scale_0_is_named():
    spec = conv_spec()
    spec.tensors[1].scale[2] = 0.0
    with pytest.raises(MalformedModelError, match="tensor 1 'w': scale 2 is 0.0"):
        read(build(spec))


@pytest.mark.parametrize("bits", [0x7FC00000, 0x7F800001, 0xFF800001, 0x7F800000, 0xFF800000])
def test_no_bits_of_a_scale_make_numpy_warn(bits):
    data = bytearray(build(dense_spec()))
    at = read(bytes(data)).tensors[1].quantization().scale_offset
    struct.pack_into("<I", data, at, bits)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for reader in READERS:
            with pytest.raises(MalformedModelError):
                reader(bytes(data))


@pytest.mark.parametrize("scale", [1e-45, 3.4e38])
def test_the_ends_of_float32_are_scales(scale):
    spec = dense_spec()
    spec.tensors[1].scale = [scale]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read(build(spec)).tensors[1].quantization().scale[0]
    assert found == np.float64(np.float32(scale))


@pytest.mark.parametrize("axis", [1, 3, -1, 7])
def test_a_vector_has_axis_0_alone(axis):
    spec = conv_spec()
    spec.tensors[2].axis = axis
    model = read(build(spec))
    assert model.tensors[2].quantization().axis == 0
    assert model.unsupported == ()
    assert len(model.notes) == 1
    assert model.notes[0].startswith(f"tensor 2 'b': the file names quantized dimension {axis}")
    assert np.array_equal(
        read_graph(model.data).tensors[2].quant.scale, model.tensors[2].quant.scale
    )


def test_a_file_with_axis_0_has_no_note():
    assert read(build(conv_spec())).notes == ()


def test_a_matrix_keeps_its_axis():
    spec = conv_spec()
    spec.tensors[1].axis = 7
    with pytest.raises(MalformedModelError, match="4 scales along axis 7 do not fit"):
        read(build(spec))


BIASES = {
    "int8 in a dense layer": (dense_spec, 2, "INT8", np.int8),
    "int16 in a dense layer": (dense_spec, 2, "INT16", np.int16),
    "int64 in a dense layer": (dense_spec, 2, "INT64", np.int64),
    "float in a dense layer": (dense_spec, 2, "FLOAT32", np.float32),
    "int8 in a convolution": (conv_spec, 2, "INT8", np.int8),
    "int16 in a depthwise one": (lambda: conv_spec(depthwise=True), 2, "INT16", np.int16),
    "int16 in a transposed one": (transpose_conv_spec, 3, "INT16", np.int16),
}


@pytest.mark.parametrize("what", BIASES)
def test_a_bias_that_no_kernel_takes_is_refused_on_reading(what):
    make, index, kind, storage = BIASES[what]
    spec = make()
    tensor = spec.tensors[index]
    tensor.type, tensor.data = kind, np.ones(tensor.shape, storage)
    message = f"its bias, tensor {index} '{tensor.name}', is {kind}.*need INT32"
    with pytest.raises(MalformedModelError, match=message):
        read(build(spec))
    with pytest.raises(MalformedModelError, match=f"'{tensor.name}': no kernel supports a bias"):
        read_graph(build(spec))


def test_int16_activations_take_int64_biases():
    spec = dense_spec()
    for index in (0, 3, 6):
        spec.tensors[index].type, spec.tensors[index].zero_point = "INT16", [0]
    for index in (2, 5):
        spec.tensors[index].type = "INT64"
        spec.tensors[index].data = spec.tensors[index].data.astype("<i8")
    assert read(build(spec)).tensors[2].constant().dtype == np.int64
    assert read_graph(build(spec)).tensors[2].data.dtype == np.int64


def test_a_float_layer_takes_a_float_bias():
    spec = float_twin(dense_spec())
    spec.tensors[2].type = "INT32"
    spec.tensors[2].data = np.ones(5, "<i4")
    with pytest.raises(
        MalformedModelError, match="is INT32; with FLOAT32 inputs the kernels need FLOAT32"
    ):
        read(build(spec))


@pytest.mark.parametrize(("kind", "what"), [(1, "custom"), (2, "blockwise")])
@pytest.mark.parametrize("scale", [[0.01], []])
def test_other_kinds_of_quantization_are_named(kind, what, scale):
    spec = dense_spec()
    spec.tensors[1].scale, spec.tensors[1].details = scale, kind
    with pytest.raises(UnsupportedModelError, match=f"tensor 1 'w1': {what} quantization"):
        read(build(spec))
    with pytest.raises(UnsupportedModelError, match="custom quantization|no constant int4 matrix"):
        read_graph(build(spec))


@pytest.mark.parametrize(("kind", "number"), [("int2", 19), ("int4", 17)])
def test_packed_weights_take_a_part_of_a_byte_and_int2_is_not_repaired(kind, number):
    spec = dense_spec()
    share = 4 if kind == "int2" else 2
    spec.tensors[1].type = number
    spec.tensors[1].data = np.zeros(-(-30 // share), np.int8)
    refused = read(build(spec)).unsupported
    assert refused == () if kind == "int4" else "int2 weights" in refused[0]
    spec.tensors[1].data = np.zeros(30, np.int8)
    with pytest.raises(MalformedModelError, match=f"{kind.upper()} .5, 6. takes"):
        read(build(spec))


@pytest.mark.data
def test_person_detect_of_tflite_micro(data_root):
    folder = data_root.parent / "cases" / "public" / "16-person-detect-bias-axis"
    odd = read((folder / "models__person_detect_model.tflite").read_bytes())
    plain = read((folder / "person_detect_axis0.tflite").read_bytes())
    assert odd.unsupported == plain.unsupported == ()
    assert len(odd.notes) == 1
    assert "13 more" in odd.notes[0]
    assert plain.notes == ()
    for a, b in zip(odd.tensors, plain.tensors, strict=True):
        assert (a.quant is None) == (b.quant is None)
        assert a.quant is None or a.quant.axis == b.quant.axis


@pytest.mark.data
def test_the_int8_bias_of_a_converter(data_root):
    path = data_root.parent / "cases" / "public" / "20-int8-bias" / "int8.tflite"
    with pytest.raises(MalformedModelError, match="its bias, tensor 2 .* is INT8"):
        read(path.read_bytes())
