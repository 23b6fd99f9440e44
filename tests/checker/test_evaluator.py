"""The checker's evaluator against our reference runner, tensor by tensor, and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from language_models import POSITIONS, TOKENS, language_spec
from mendlite.arith import fixed_point
from mendlite.case.preprocess import float_inputs, quantized_inputs
from mendlite.checker.evaluate import (
    evaluate,
    evaluate_fast,
    multiplications,
    require_runnable,
)
from mendlite.checker.graph import read_graph
from mendlite.checker.rounding import (
    divide_by_power,
    half_away,
    high_mul,
    quantize_multiplier,
    scale_by,
)
from mendlite.checker.softmax import softmax
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.targets.load import load_target, named_targets
from mendlite.targets.samples import load_samples
from mendlite.tflite.reader import read, read_file
from tiny_models import ModelSpec, OpSpec, TensorSpec, build, conv_spec, dense_spec, float_twin

INT32 = st.integers(-(2**31), 2**31 - 1)


def replay(model, profile, inputs, tensors):
    """The reference runner's values."""
    pieces = list(ReferenceRunner(model=model, profile=profile).run(inputs, tensors))
    return {t: np.concatenate([piece[t] for piece in pieces]) for t in tensors}


def activations(model):
    """Tensors whose first axis is the samples'."""
    return [
        t for o in model.operators for t in o.outputs if o.op not in {"SHAPE", "PACK"}
        if model.tensors[t].shape[:1] == (1,)
    ]  # fmt: skip


def differential(model, inputs, *, tolerance=0.0):
    """Assert that both give every activation, under every profile."""
    graph, tensors = read_graph(model.data), activations(model)
    for profile in Profile:
        wanted = replay(model, profile, inputs, tensors)
        found = evaluate(graph, profile.value, inputs, tensors)
        quick = evaluate_fast(graph, profile.value, inputs, tensors)
        for tensor in tensors:
            assert found[tensor].dtype == quick[tensor].dtype == wanted[tensor].dtype
            if found[tensor].dtype.kind != "f":
                assert np.array_equal(found[tensor], quick[tensor]), (tensor, profile)
            if tolerance:
                room = tolerance * np.ptp(wanted[tensor])
                assert np.allclose(found[tensor], wanted[tensor], rtol=0, atol=room)
            else:
                assert np.array_equal(found[tensor], wanted[tensor]), (tensor, profile)


GEOMETRIES = [
    {}, {"stride": (2, 3)}, {"dilation": (2, 2), "padding": 1}, {"depthwise": True},
    {"kernel": (1, 1), "per_channel": False}, {"depthwise": True, "stride": (2, 2)},
    {"depthwise": True, "filters": 6, "activation": 0}, {"activation": 3, "padding": 1},
    {"activation": 2, "kernel": (4, 4)}, {"depthwise": True, "dilation": (2, 1), "padding": 1},
]  # fmt: skip


@pytest.mark.parametrize("asymmetric", [False, True])
def test_rows_of_a_layer_that_quantizes_at_run_time_may_stand_in_several_axes(asymmetric):
    spec = language_spec(quantized=True)
    for op in spec.ops[1:]:
        op.fields["AsymmetricQuantizeInputs"] = asymmetric
    model = read(build(spec))
    ids = np.random.default_rng(0).integers(0, TOKENS, (5, POSITIONS)).astype(np.int32)
    differential(model, [ids], tolerance=1e-6)


def drawn(model, count, seed=0):
    generator = np.random.default_rng(seed)
    return [
        generator.integers(-128, 128, (count, *model.tensors[t].shape[1:])).astype(np.int8)
        for t in model.inputs
    ]


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_convolutions_agree_in_every_geometry(geometry, seed):
    model = read(build(conv_spec(seed, **geometry)))
    differential(model, drawn(model, 20, seed))


@pytest.mark.parametrize("seed", range(5))
def test_dense_layers_agree(seed):
    model = read(build(dense_spec(seed)))
    differential(model, drawn(model, 50, seed))
    twin = read(build(float_twin(dense_spec(seed))))
    real = [x.astype(np.float32) * 0.05 for x in drawn(model, 50, seed)]
    differential(twin, real, tolerance=1e-5)


def one_operator(op, options, fields, shapes, *, constants=(), scales=(0.05, 0.07), zeros=(3, -5)):
    """A model of one int8 operator on inputs of ``shapes[:-1]``, output ``shapes[-1]``."""
    names = [TensorSpec(f"in{i}", shape, scale=[scales[i % len(scales)]], zero_point=[zeros[0]])
             for i, shape in enumerate(shapes[:-1])]  # fmt: skip
    count = len(names)
    names += [TensorSpec("k", values.shape, "INT32", values.astype("<i4")) for values in constants]
    names.append(TensorSpec("out", shapes[-1], scale=[scales[-1]], zero_point=[zeros[-1]]))
    spec = OpSpec(op, list(range(len(names) - 1)), [len(names) - 1], options, fields)
    return read(build(ModelSpec(names, [spec], list(range(count)), [len(names) - 1])))


POOL = {"Padding": 0, "StrideW": 2, "StrideH": 1, "FilterWidth": 3, "FilterHeight": 2}
SAME_SCALE = {"scales": (0.05,), "zeros": (3,)}
OPERATORS = {
    "ADD": one_operator("ADD", "AddOptions", {"FusedActivationFunction": 1}, [(1, 5), (1, 5), (1, 5)]),
    "AVERAGE_POOL_2D": one_operator("AVERAGE_POOL_2D", "Pool2DOptions", POOL, [(1, 6, 7, 3), (1, 6, 4, 3)], **SAME_SCALE),
    "MAX_POOL_2D": one_operator("MAX_POOL_2D", "Pool2DOptions", POOL, [(1, 6, 7, 3), (1, 6, 4, 3)], **SAME_SCALE),
    "MEAN": one_operator("MEAN", "ReducerOptions", {"KeepDims": False}, [(1, 6, 7, 3), (1, 3)], constants=[np.array([1, 2])]),
    "SOFTMAX": one_operator("SOFTMAX", "SoftmaxOptions", {"Beta": 1.0}, [(1, 9), (1, 9)], scales=(0.1, 1 / 256), zeros=(3, -128)),
    "PAD": one_operator("PAD", "PadOptions", {}, [(1, 4, 4, 2), (1, 7, 6, 2)], constants=[np.array([[0, 0], [1, 2], [2, 0], [0, 0]])], **SAME_SCALE),
    "QUANTIZE": one_operator("QUANTIZE", "QuantizeOptions", {}, [(1, 9), (1, 9)], scales=(0.02, 0.07)),
    "RESHAPE": one_operator("RESHAPE", "ReshapeOptions", {}, [(1, 2, 6), (1, 12)], constants=[np.array([1, 12])], **SAME_SCALE),
}  # fmt: skip


@pytest.mark.parametrize("op", OPERATORS)
def test_operators_agree_alone(op):
    differential(OPERATORS[op], drawn(OPERATORS[op], 200))


@pytest.mark.parametrize("which", ["int8", "float"])
def test_the_digits_agree_in_every_tensor(which):
    compare("digits", None, which, 60)


TINY = ["mlperf_kws", "mlperf_ic", "mlperf_vww", "mlperf_ad"]
OTHERS = [n for n, _ in named_targets() if n not in {*TINY, "digits"} and "mobilenet" not in n]


@pytest.mark.parametrize("which", ["int8", "float"])
@pytest.mark.parametrize("name", TINY)
def test_mlperf_tiny_agrees_in_every_tensor(data_root, name, which):
    compare(name, data_root, which, 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_the_other_targets_agree_in_every_tensor(data_root, name):
    compare(name, data_root, "int8", 2)


def compare(name, data_root, which, count):
    target = load_target(name, data_root=data_root)
    samples = load_samples(target, 0).validation.some(count)
    model = read_file(getattr(target.models, which).path)
    feed = quantized_inputs if which == "int8" else float_inputs
    # A hybrid file rounds activations at run time: a step there moves what follows.
    hybrid = any(model.tensors[layer.weights].dtype.is_weight for layer in model.layers)
    real = any(model.tensors[layer.output].quant is None for layer in model.layers)
    tolerance = (1e-2 if hybrid else 1e-5) if real else 0.0
    differential(model, feed(target.inputs, samples, model), tolerance=tolerance)


def test_a_dense_layer_by_hand():
    """Accumulators (x - 3) . (2, 5) + 1, outputs a quarter of that and 10.

    13 / 4 is 3.25, but rounding twice makes 13 * 2**-1 = 6.5 a 7 and 3.5 a 4.
    """
    spec = ModelSpec(
        [
            TensorSpec("in", (1, 2), scale=[0.5], zero_point=[3]),
            TensorSpec("w", (1, 2), data=np.array([[2, 5]], np.int8), scale=[0.5], zero_point=[0]),
            TensorSpec("b", (1,), "INT32", np.array([1], "<i4"), scale=[0.25], zero_point=[0]),
            TensorSpec("out", (1, 1), scale=[1.0], zero_point=[10]),
        ],
        [OpSpec("FULLY_CONNECTED", [0, 1, 2], [3], "FullyConnectedOptions", {})],
        [0],
        [3],
    )
    graph = read_graph(build(spec))
    assert multiplications(graph) == 2
    wanted = {
        (7, 1): (10, 10, 10),
        (9, 3): (14, 13, 13),
        (127, 127): (127, 127, 127),
        (-128, -128): (-128, -128, -128),
    }
    for x, outputs in wanted.items():
        for profile, output in zip(("tflm", "tflite_ref", "single"), outputs, strict=True):
            found = evaluate(graph, profile, [np.array([x], np.int8)], [3])[3]
            assert found.tolist() == [[output]]


def test_an_average_rounds_half_away_from_zero():
    spec = one_operator(
        "AVERAGE_POOL_2D", "Pool2DOptions",
        {"Padding": 1, "StrideW": 1, "StrideH": 1, "FilterWidth": 2, "FilterHeight": 1},
        [(1, 1, 2, 1), (1, 1, 1, 1)], scales=(0.5,), zeros=(0,),
    )  # fmt: skip
    graph = read_graph(spec.data)
    pairs = {(1, 2): 2, (-1, -2): -2, (0, 1): 1, (0, -1): -1, (3, 3): 3, (-5, 2): -2}
    for pair, wanted in pairs.items():
        x = np.array(pair, np.int8).reshape(1, 1, 2, 1)
        assert int(evaluate(graph, "tflm", [x], [1])[1].reshape(-1)[0]) == wanted


def test_a_softmax_by_hand():
    equal = softmax(np.array([[4, 4, 4, 4]]), 0.1, 1.0)
    assert equal.tolist() == [[-64, -64, -64, -64]]
    assert softmax(np.array([[127, -128]]), 1.0, 1.0).tolist() == [[127, -128]]


def test_multipliers_by_hand():
    assert quantize_multiplier(0.5, single=False) == (2**30, 0)
    assert quantize_multiplier(1.0, single=False) == (2**30, 1)
    assert quantize_multiplier(0.0, single=False) == (0, 0)
    assert quantize_multiplier(2.0**-40, single=False) == (0, 0)
    assert quantize_multiplier(1 - 2.0**-40, single=False) == (2**30, 1)
    # Ties: double rounding goes away from zero only in its second step.
    half = [int(scale_by(np.array([v]), 2**30, -1, single=False)[0]) for v in (2, 6, -2, -6)]
    assert half == [1, 2, -1, -2]
    once = [int(scale_by(np.array([v]), 2**30, -1, single=True)[0]) for v in (2, 6, -2, -6)]
    assert once == [1, 2, 0, -1]
    assert divide_by_power(np.array([-3, 3, 5]), 1).tolist() == [-2, 2, 3]
    assert half_away(np.array([0.5, -0.5, 1.4999])).tolist() == [1, -1, 1]


@given(INT32, INT32)
def test_the_high_product_is_the_packages(a, b):
    pair = np.array([a]), np.array([b])
    assert high_mul(*pair)[0] == fixed_point.doubling_high_mul(*pair)[0]


@given(st.integers(-(2**24), 2**24), st.floats(2.0**-20, 60), st.booleans())
def test_scaling_is_the_packages(x, real, single):
    rounding = fixed_point.Rounding.SINGLE if single else fixed_point.Rounding.DOUBLE
    multiplier, shift = fixed_point.quantize_multiplier(real, rounding)
    assert quantize_multiplier(real, single=single) == (multiplier[0], shift[0])
    wanted = fixed_point.multiply_by_quantized_multiplier(
        np.array([x]), multiplier, shift, rounding
    )
    assert scale_by(np.array([x]), multiplier, shift, single=single)[0] == wanted[0]


def test_what_it_does_not_run_is_named():
    spec = OpSpec("LOGISTIC", [0], [1])
    tensors = [TensorSpec(n, (1, 4), scale=[0.1], zero_point=[0]) for n in ("in", "out")]
    graph = read_graph(build(ModelSpec(tensors, [spec], [0], [1])))
    with pytest.raises(UnsupportedModelError, match="LOGISTIC"):
        require_runnable(graph, "tflm", [1])
    require_runnable(graph, "tflm", [0])
    with pytest.raises(UnsupportedModelError, match="no rounding profile 'nearest'"):
        require_runnable(read_graph(build(dense_spec())), "nearest", [0])
