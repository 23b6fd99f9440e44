"""Our kernels against the TFLite interpreter and TFLite Micro, bit by bit."""

import numpy as np
import pytest

from conv_geometries import GEOMETRIES
from hidden_packages import hide
from mendlite.errors import BadInputError, MissingPackageError, UnsupportedModelError
from mendlite.model.layer_values import channel_matrix
from mendlite.model.rounding import Profile
from mendlite.replay.package_profiles import reference_profile, runner_profile
from mendlite.replay.reference import patches
from mendlite.replay.reference.patches import layer_rows
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.reference.slices import slice_size
from mendlite.replay.registry import make_runner
from mendlite.tflite.logits import logits_tensor, real_values
from mendlite.tflite.reader import read, read_file
from random_inputs import random_inputs
from tiny_models import (
    ModelSpec,
    OpSpec,
    TensorSpec,
    build,
    conv_spec,
    dense_spec,
    float_twin,
    transpose_conv_spec,
)

INT8_MODELS = [
    "mlperf_ad/ad01_int8",
    "hello_world/hello_world_int8",
    "mlperf_ic/pretrainedResnet_quant",
    "mlperf_kws/kws_ref_model",
    "mlperf_sww/str_ww_ref_model",
    "mlperf_vww/vww_96_int8",
    "mltk_ic/image_classification_int8",
    "mnist_conv_fc/conv_fc_mnist_srq_a8w8",
    "gesture_magic_wand/quantized_model",
    "cifar_resnet/resnet20_int8",
    "cifar_resnet/resnet56_int8",
    "qebverif/mnist_1blk_100_int8",
    "qebverif/mnist_2blk_100_100_int8",
    "qebverif/mnist_2blk_512_512_int8",
    "qebverif/mnist_3blk_100_100_100_int8",
    "stress/ic_imbalanced/int8_per_tensor",
    "stress/kws_imbalanced/int8_per_channel",
    "stress/kws_one_sample/int8_one_calibration_sample",
    "mobilenet_v2/tf2_mobilenet_v2_1.0_224_ptq",
]
FLOAT_MODELS = [
    "stress/ic_imbalanced/dynamic_range_per_tensor",
    "mlperf_kws/kws_ref_model_float32",
    "mlperf_ic/pretrainedResnet",
    "stress/kws_imbalanced/float",
    "gesture_magic_wand/model",
    "cifar_resnet/resnet20_float",
]


def outputs(model):
    """Every 8-bit tensor that an operator writes."""
    written = [o.outputs[0] for o in model.operators]
    return [t for t in written if model.tensors[t].dtype.value in {"INT8", "UINT8"}]


def run(name, model, inputs, tensors, profile=Profile.TFLM):
    slices = list(make_runner(name, model, profile).run(inputs, tensors))
    return {t: np.concatenate([s[t] for s in slices]) for t in tensors}


def differing_tensors(model, name, profile, count):
    inputs, tensors = random_inputs(model, count), outputs(model)
    ours = run("reference", model, inputs, tensors, profile)
    theirs = run(name, model, inputs, tensors)
    return [t for t in tensors if not np.array_equal(ours[t].ravel(), theirs[t].ravel())]


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("runner", ["interpreter", "tflm"])
def test_one_layer(geometry, runner):
    model = read(build(conv_spec(**geometry)))
    profile = runner_profile(runner)
    assert differing_tensors(model, runner, profile, 5) == []


TRANSPOSED = [
    {},
    {"padding": 1},
    {"kernel": (1, 1), "stride": (2, 3)},
    {"kernel": (5, 4), "stride": (1, 2), "per_channel": False},
    {"kernel": (2, 2), "stride": (3, 3), "padding": 1, "bias": False},
]


@pytest.mark.parametrize("geometry", TRANSPOSED)
@pytest.mark.parametrize("runner", ["interpreter", "tflm"])
def test_transposed_convolutions(geometry, runner):
    model = read(build(transpose_conv_spec(**geometry)))
    profile = runner_profile(runner)
    assert differing_tensors(model, runner, profile, 5) == []


@pytest.mark.parametrize("geometry", TRANSPOSED)
def test_float_transposed_convolutions(geometry):
    model = read(build(float_twin(transpose_conv_spec(**geometry))))
    inputs, tensor = random_inputs(model, 4), model.outputs[0]
    ours = run("reference", model, inputs, [tensor])[tensor]
    theirs = run("interpreter", model, inputs, [tensor])[tensor]
    assert np.allclose(ours, theirs, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("geometry", TRANSPOSED)
def test_rows_of_transposed_convolutions_give_the_accumulators(geometry):
    model = read(build(float_twin(transpose_conv_spec(**geometry))))
    layer, inputs = model.layers[0], random_inputs(model, 2)
    output = run("reference", model, inputs, [layer.output])[layer.output]
    flat = output.reshape(-1, layer.channels)
    rows = layer_rows(model, layer, inputs[0], np.arange(len(flat)))
    weights = channel_matrix(model, layer, model.tensors[layer.weights].constant())
    bias = 0 if layer.bias is None else model.tensors[layer.bias].constant()
    assert np.allclose(rows @ weights.T + bias, flat, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_rows_do_not_depend_on_the_samples_that_are_padded_together(monkeypatch, geometry):
    model = read(build(conv_spec(**geometry)))
    layer, (x,) = model.layers[0], random_inputs(model, 7)
    positions = np.prod(model.tensors[layer.output].shape[1:3])
    # Some samples have no row, the first and the third.
    chosen = np.flatnonzero(np.arange(7 * positions) // positions % 3 > 0)[::2]
    whole = layer_rows(model, layer, x, chosen)
    monkeypatch.setattr(patches, "PART_VALUES", 2 * x[0].size)
    assert np.array_equal(layer_rows(model, layer, x, chosen), whole)
    assert len(layer_rows(model, layer, x, chosen[:0])) == 0
    assert len(whole) == len(chosen) > 0


@pytest.mark.parametrize("runner", ["interpreter", "tflm"])
def test_dense_layers(runner):
    model = read(build(dense_spec()))
    profile = runner_profile(runner)
    assert differing_tensors(model, runner, profile, 50) == []


def test_a_nudged_weight_is_noticed():
    model = read(build(conv_spec()))
    data = bytearray(model.data)
    data[model.tensors[1].buffer.offset] ^= 1
    other = read(bytes(data))
    inputs = random_inputs(model, 3)
    mine, theirs = run("reference", model, inputs, [3]), run("interpreter", other, inputs, [3])
    assert not np.array_equal(mine[3], theirs[3])


@pytest.mark.parametrize("name", INT8_MODELS)
@pytest.mark.parametrize("runner", ["interpreter", "tflm"])
def test_every_tensor_of_every_public_int8_model(data_root, name, runner):
    model = read_file(data_root / "models" / f"{name}.tflite")
    profile = runner_profile(runner)
    count = 1 if "mobilenet" in name else 6
    assert differing_tensors(model, runner, profile, count) == []


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("mlperf_ic/pretrainedResnet_quant", "cifar10/test.npz", "images"),
        ("mlperf_kws/kws_ref_model", "kws01/kws01.npz", "features"),
    ],
)
def test_real_inputs_end_in_the_same_bytes(data_root, name, data, key):
    model = read_file(data_root / "models" / f"{name}.tflite")
    raw = np.load(data_root / data)[key][:120]
    inputs = [(raw.astype(int) - 128).astype(np.int8) if raw.dtype == np.uint8 else raw]
    ours = run("reference", model, inputs, model.outputs, reference_profile())
    theirs = run("interpreter", model, inputs, model.outputs)
    assert np.array_equal(ours[model.outputs[0]], theirs[model.outputs[0]])


@pytest.mark.parametrize("name", FLOAT_MODELS)
def test_float_and_dynamic_range_models_agree_closely(data_root, name):
    model = read_file(data_root / "models" / f"{name}.tflite")
    tensor = model.outputs[0]
    inputs = random_inputs(model, 8)
    ours = run("reference", model, inputs, [tensor])[tensor]
    theirs = run("interpreter", model, inputs, [tensor])[tensor]
    # Sums of float32 products in another order: a few units of the last place.
    assert np.allclose(
        ours.reshape(theirs.shape), theirs, rtol=1e-4, atol=1e-5 * np.abs(theirs).max()
    )


def test_the_profiles_differ_where_they_should(data_root):
    model = read_file(data_root / "models" / "mlperf_ad" / "ad01_int8.tflite")
    inputs, tensors = random_inputs(model, 20), outputs(model)
    found = {p: run("reference", model, inputs, tensors, p) for p in Profile}
    last = tensors[-1]
    assert not np.array_equal(found[Profile.TFLM][last], found[Profile.TFLITE_REF][last])
    # An autoencoder of dense layers alone: single rounding is what tflite_ref does there.
    assert np.array_equal(found[Profile.SINGLE][last], found[Profile.TFLITE_REF][last])


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_do_not_depend_on_workers_or_slices(workers):
    model = read(build(conv_spec(size=(30, 30), filters=8)))
    inputs = random_inputs(model, 3 * slice_size(model) + 1)
    alone = list(ReferenceRunner(model=model, profile=Profile.TFLM, workers=1).run(inputs, [3]))
    found = list(
        ReferenceRunner(model=model, profile=Profile.TFLM, workers=workers).run(inputs, [3])
    )
    assert len(found) == len(alone) == 4
    assert all(np.array_equal(a[3], b[3]) for a, b in zip(alone, found, strict=True))


def test_inputs_that_do_not_fit_are_named():
    model = read(build(dense_spec()))
    runner = make_runner("reference", model, Profile.TFLM)
    with pytest.raises(BadInputError, match=r"'in' needs INT8 \[6\]"):
        list(runner.run([np.zeros((2, 5), np.int8)], [6]))
    with pytest.raises(BadInputError, match="uint8"):
        list(runner.run([np.zeros((2, 6), np.uint8)], [6]))
    with pytest.raises(BadInputError, match="has 1 inputs, 2 were passed"):
        list(runner.run([np.zeros((2, 6), np.int8)] * 2, [6]))
    with pytest.raises(ValueError, match="not computed"):
        list(runner.run([np.zeros((2, 6), np.int8)], [1]))


def logistic_spec(scale, zero):
    tensors = [
        TensorSpec("in", (1, 64), scale=[scale], zero_point=[zero]),
        TensorSpec("p", (1, 64), scale=[1 / 256], zero_point=[-128]),
    ]
    return ModelSpec(tensors, [OpSpec("LOGISTIC", [0], [1])], [0], [1])


@pytest.mark.parametrize(("scale", "zero"), [(0.05, 0), (0.002, -90), (0.4, 7), (3.0, 127)])
@pytest.mark.parametrize("runner", ["interpreter", "tflm"])
def test_logistic_of_every_byte(runner, scale, zero):
    model = read(build(logistic_spec(scale, zero)))
    profile = runner_profile(runner)
    inputs = [np.arange(-128, 128, dtype=np.int8).reshape(4, 64)]
    ours = run("reference", model, inputs, [1], profile)[1]
    assert np.array_equal(ours, run(runner, model, inputs, [1])[1])


def test_an_operator_that_nothing_runs_is_named():
    spec = dense_spec()
    spec.ops.append(OpSpec("CUSTOM", [6], [7], custom="Mine"))
    spec.tensors.append(TensorSpec("p", (1, 3), scale=[0.3], zero_point=[0]))
    spec.outputs = [7]
    model = read(build(spec))
    with pytest.raises(
        UnsupportedModelError, match="operator 2 CUSTOM:Mine: a custom operator that neither"
    ):
        list(make_runner("reference", model, Profile.TFLM).run(random_inputs(model, 1), [7]))


def test_a_missing_package_is_named(monkeypatch):
    hide(monkeypatch, "ai_edge_litert", "tflite_runtime")
    with pytest.raises(MissingPackageError, match="needs ai-edge-litert: pip install ai-edge-lite"):
        reference_profile()


def test_logits_are_the_softmax_input(data_root):
    for name, op in (("mlperf_ic/pretrainedResnet_quant", "FULLY_CONNECTED"),
                     ("mobilenet_v2/tf2_mobilenet_v2_1.0_224_ptq", "RESHAPE")):  # fmt: skip
        model = read_file(data_root / "models" / f"{name}.tflite")
        assert model.producer(logits_tensor(model)).op == op
    plain = read(build(dense_spec()))
    assert logits_tensor(plain) == 6
    assert real_values(plain, 6, np.array([5, 10], np.int8)).tolist() == pytest.approx([0.0, 2.0])


def test_a_float_twin_runs():
    model = read(build(float_twin(dense_spec())))
    found = run("reference", model, [np.ones((4, 6), np.float32)], [6])[6]
    theirs = run("interpreter", model, [np.ones((4, 6), np.float32)], [6])[6]
    assert np.allclose(found, theirs, rtol=1e-5)
