"""The firmware's engine, built for this computer, gives the bytes of the host's kernels."""

import numpy as np
import pytest
import test_computing
import test_copying
import test_int16_elementwise
from test_int16_elementwise import SYMMETRIC, int16, pair

import several_rows
import streaming_models
from computing_models import COMPARISONS, KEPT, data, ints, other
from conv_geometries import GEOMETRIES
from curve_models import quantizations
from curve_models import spec as curve_spec
from differential import Outcome, compare
from division_models import DIVISIONS, division_spec
from int16_models import int16x8, int16x8_file
from log_softmax_models import SCALES as LOG_SCALES
from log_softmax_models import log_softmax_spec
from mendlite.model.rounding import MICRO, Profile
from mendlite.prepare.curves import TYPES as CURVES
from mendlite.replay.device.lacks import engine_lacks
from mendlite.tflite.reader import read
from recurrent_models import FORMS as LSTM_FORMS
from recurrent_models import INT16_FORMS, INT16_LACKING, INT16_PROFILES, int16_lstm_spec, lstm_spec
from recurrent_models import LACKING as LSTM_LACKING
from svdf_models import CONTRADICTING as SVDF_CONTRADICTING
from svdf_models import FORMS as SVDF_FORMS
from svdf_models import LACKING as SVDF_LACKING
from svdf_models import MICRO_FORMS as MICRO_SVDF_FORMS
from svdf_models import svdf_spec, with_field
from tiny_models import (
    ModelSpec,
    OpSpec,
    TensorSpec,
    build,
    conv_spec,
    dense_spec,
    transpose_conv_spec,
)
from uint8_models import (
    as_uint8,
    uint8_conv_spec,
    uint8_dense_spec,
    uint8_network_spec,
    uint8_transposed_spec,
)

STATE = {
    "memories": streaming_models.streaming_spec(),
    "a layer between reading and storing": streaming_models.recurrent_spec(),
    "the frame before, and what was just stored": streaming_models.delay_spec(),
}


@pytest.mark.parametrize("name", test_copying.TABLE)
def test_values_are_copied_as_on_the_host(name):
    # TFLite Micro pads with what its memory happens to hold.
    batches = test_copying.TABLE[name][0] == "SPACE_TO_BATCH_ND"
    profiles = (Profile.TFLITE_REF,) if batches else tuple(Profile)
    for kind in test_copying.TYPES:
        verdict = compare(build(test_copying.spec_of(name, kind)), 0, profiles)
        assert verdict.outcome is Outcome.EQUAL, (kind, verdict.reason)


@pytest.mark.parametrize("mode", [None, 2, 3, -1])
def test_a_mirror_without_a_mode_of_the_schema_is_refused(mode):
    """The host's interpreter has a mode of its own there."""
    tensors = [test_copying.data("x", (1, 4, 3)), test_copying.crops((0, 0), (3, 1), (0, 2))]
    options, fields = ((), {}) if mode is None else (("MirrorPadOptions",), {"Mode": mode})
    spec = test_copying.built("MIRROR_PAD", tensors, [(1, 8, 5)], *options, **fields)
    assert compare(build(spec), 0).outcome in REFUSED


@pytest.mark.parametrize("spec", STATE.values(), ids=STATE)
def test_variables_begin_anew_with_each_recording(spec):
    verdict = compare(build(spec), 0)
    assert verdict.outcome is Outcome.EQUAL, verdict.reason


@pytest.mark.parametrize("form", LSTM_FORMS.values(), ids=LSTM_FORMS)
def test_an_lstm_steps_as_on_the_host(form):
    verdict = compare(build(lstm_spec(**form)), 0)
    assert verdict.outcome is Outcome.EQUAL, verdict.reason


@pytest.mark.parametrize("form", INT16_FORMS.values(), ids=INT16_FORMS)
def test_an_lstm_of_int16_steps_as_on_the_host(form):
    data = build(int16_lstm_spec(**form))
    assert not list(engine_lacks(read(data)))
    verdict = compare(data, 0, INT16_PROFILES)
    assert verdict.outcome is Outcome.EQUAL, verdict.reason


@pytest.mark.parametrize("why", INT16_LACKING)
def test_other_lstms_of_int16_are_refused(why):
    spec = int16_lstm_spec()
    INT16_LACKING[why](spec)
    assert compare(build(spec), 0, (Profile.TFLM,)).outcome in REFUSED


def test_an_lstm_of_int16_is_refused_where_litert_is_followed():
    verdict = compare(build(int16_lstm_spec()), 0, (Profile.TFLITE_REF,))
    assert verdict.outcome is Outcome.BOTH_REFUSE, verdict


@pytest.mark.parametrize("why", LSTM_LACKING)
def test_other_lstms_are_refused(why):
    spec = lstm_spec()
    LSTM_LACKING[why](spec)
    verdict = compare(build(spec), 0)
    assert verdict.outcome in REFUSED, verdict


@pytest.mark.parametrize(
    "form", {**SVDF_FORMS, **MICRO_SVDF_FORMS}.values(), ids={**SVDF_FORMS, **MICRO_SVDF_FORMS}
)
def test_an_svdf_keeps_its_frames_as_on_the_host(form):
    profiles = tuple(Profile) if form in SVDF_FORMS.values() else MICRO
    for seed in range(2):
        verdict = compare(build(svdf_spec(seed, **form)), seed, profiles)
        assert verdict.outcome is Outcome.EQUAL, verdict.reason


def test_an_svdf_without_bias_is_run_as_on_the_desktop():
    spec = svdf_spec(bias=False)
    assert compare(build(spec), 0, (Profile.TFLITE_REF,)).outcome is Outcome.EQUAL
    assert compare(build(spec), 0, (Profile.TFLM,)).outcome is Outcome.BOTH_REFUSE


@pytest.mark.parametrize("why", {**SVDF_LACKING, **SVDF_CONTRADICTING})
def test_other_svdfs_are_refused(why):
    spec = svdf_spec()
    {**SVDF_LACKING, **SVDF_CONTRADICTING}[why](spec)
    verdict = compare(build(spec), 0, (Profile.TFLM,))
    assert verdict.outcome in REFUSED, verdict


@pytest.mark.parametrize(
    ("change", "form"),
    [(with_field(FusedActivationFunction=0), {}), (lambda _: None, {"state": "INT8"})],
)
def test_what_litert_runs_wrongly_is_refused(change, form):
    spec = svdf_spec(**form)
    change(spec)
    assert compare(build(spec), 0, (Profile.TFLITE_REF,)).outcome in REFUSED


def test_two_svdfs_do_not_share_a_state():
    spec = svdf_spec(inputs=4, layers=2)
    spec.ops[1].inputs[4] = spec.ops[0].inputs[4]
    verdict = compare(build(spec), 0, (Profile.TFLM,))
    assert verdict.outcome is Outcome.BOTH_REFUSE
    assert "is read by another operator, too" in verdict.reason


@pytest.mark.parametrize("scale", LOG_SCALES)
def test_log_softmax_has_the_hosts_bytes(scale):
    for number, shape in enumerate(((1, 1), (1, 10), (1, 7, 33), (3, 200), (1, 4095))):
        spec = log_softmax_spec(scale, shape)
        assert compare(build(spec), number).outcome is Outcome.EQUAL
        assert compare(build(as_uint8(spec)), number).outcome is Outcome.EQUAL


@pytest.mark.parametrize(
    "form",
    [{"out": (1 / 16, 126)}, {"out": (1 / 32, 127)}, {"scale": 2.0**-26}, {"shape": (1, 4096)}],
)
def test_log_softmax_of_other_forms_is_refused(form):
    assert compare(build(log_softmax_spec(**form)), 0).outcome in REFUSED


@pytest.mark.parametrize("form", DIVISIONS.values(), ids=DIVISIONS)
def test_quotients_are_the_hosts(form):
    for seed in range(3):
        verdict = compare(build(division_spec(**form)), seed, (Profile.TFLM, Profile.TFLITE_REF))
        assert verdict.outcome is Outcome.EQUAL, verdict


@pytest.mark.parametrize(
    "form", [{"divisors": [[100, 0]]}, {"scales": (0.1, 0.04, 0.13)}, {"computed": True}]
)
def test_quotients_that_no_kernel_defines_are_refused(form):
    assert compare(build(division_spec(**form)), 0).outcome in REFUSED


def compared_pair(op, kind, shape=(1, 7)):
    return test_computing.spec(op, [data("x", (5, 7), kind), other("z", shape, kind)], (5, 7),
                               output="BOOL")  # fmt: skip


@pytest.mark.parametrize("kind", ["INT8", "UINT8", "INT32", "INT64", "FLOAT32"])
@pytest.mark.parametrize("op", COMPARISONS)
def test_comparisons_are_the_hosts(op, kind):
    for seed, shape in enumerate([(5, 7), (1, 7), (7,), (5, 1)]):
        verdict = compare(build(compared_pair(op, kind, shape)), seed)
        assert verdict.outcome is Outcome.EQUAL, verdict


@pytest.mark.parametrize("op", ["EQUAL", "NOT_EQUAL"])
def test_truth_is_compared_as_on_the_host(op):
    verdict = compare(build(compared_pair(op, "BOOL")), 0)
    assert verdict.outcome is Outcome.EQUAL, verdict


@pytest.mark.parametrize("kind", ["INT64", "BOOL"])
@pytest.mark.parametrize("name", [n for n in test_computing.TABLE if n.startswith("select ")])
def test_any_type_is_chosen_as_on_the_host(name, kind):
    spec = test_computing.spec_of(name, kind)
    if all(t.name != "c" for t in spec.tensors):
        assert compare(build(spec), 0).outcome is Outcome.EQUAL


@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
def test_whole_numbers_wrap_as_on_the_host(op):
    for seed, shape in enumerate([(5, 7), (1, 7)]):
        inputs = [data("x", (5, 7), "INT32"), data("z", shape, "INT32")]
        spec = test_computing.spec(op, inputs, (5, 7), f"{op.title()}Options", {})
        assert compare(build(spec), seed).outcome is Outcome.EQUAL
        spec.ops[0].fields["FusedActivationFunction"] = 1
        assert compare(build(spec), seed).outcome is Outcome.FIRMWARE_REFUSES


def with_first(spec, **fields):
    for field, value in fields.items():
        setattr(spec.tensors[0], field, value)
    return spec


@pytest.mark.parametrize("spec", [
    lambda: with_first(compared_pair("LESS", "INT8"), scale=[1.0]),
    lambda: with_first(compared_pair("LESS", "INT8"), scale=None, zero_point=None),
    lambda: with_first(test_computing.spec_of("select several rows", "INT8"), shape=(3,)),
    lambda: test_computing.spec("SELECT_V2", [
        TensorSpec("c", (3,), "BOOL", np.array([0, 1, 2], np.uint8)),
        data("x", (1, 3), "INT8"), data("z", (1, 3), "INT8")], (1, 3)),
])  # fmt: skip
def test_comparisons_and_choices_that_no_kernel_defines_are_refused(spec):
    assert compare(build(spec()), 0).outcome is Outcome.BOTH_REFUSE


@pytest.mark.parametrize("kind", ["INT8", "INT16"])
@pytest.mark.parametrize("scale", [0.01, 0.13, 0.5, 2.0])
def test_sums_of_steps_are_the_hosts(kind, scale):
    zeros = (-7, 100) if kind == "INT8" else (0, 0)
    data = build(test_computing.scaled_sum(kind, scale, zeros))
    verdict = compare(data, 0, MICRO)
    assert verdict.outcome is Outcome.EQUAL, verdict.reason
    assert compare(data, 0, (Profile.TFLITE_REF,)).outcome is Outcome.FIRMWARE_REFUSES


def test_sums_that_may_leave_int32_are_refused():
    for scale, shape in ((1e-7, (1, 2**4, 2**5, 1)), (0.1, (1, 2**8, 2**8, 1))):
        made = test_computing.scaled_sum("INT16", scale, shape=shape)
        assert compare(build(made), 0, MICRO).outcome is Outcome.FIRMWARE_REFUSES


REFUSED = (Outcome.FIRMWARE_REFUSES, Outcome.BOTH_REFUSE)
NOT_BUILT = {"UINT8", "INT16"}
"""Types that the table has no constants of."""


def require_listed(spec):
    """The engine runs the model, with the host's bytes, or lacks its operator by the list."""
    lacks = any(engine_lacks(read(build(spec))))
    scaled = spec.ops[0].op == "SUM" and spec.tensors[0].type in {"INT8", "INT16"}
    profiles = MICRO if scaled else tuple(Profile)
    verdict = compare(build(spec), 0, profiles)
    assert verdict.outcome in (REFUSED if lacks else (Outcome.EQUAL,)), (lacks, verdict)


@pytest.mark.parametrize("kind", ["INT8", "FLOAT32", "UINT8", "INT16", "INT32"])
@pytest.mark.parametrize("name", test_computing.TABLE)
def test_the_list_of_what_it_lacks_is_the_engines_own(name, kind):
    spec = test_computing.spec_of(name, kind)
    if kind not in NOT_BUILT or all(t.name != "c" for t in spec.tensors):
        require_listed(spec)


ALPHAS = (0.1, 0.01, 1.0, 2.5, 0.0)


@pytest.mark.parametrize("op", CURVES)
def test_every_byte_of_a_curve_is_the_hosts(op):
    found = []
    for number, (scales, zeros) in enumerate(quantizations(op, 8)):
        options = None
        if op == "LEAKY_RELU":
            options = ("LeakyReluOptions", {"Alpha": ALPHAS[number % len(ALPHAS)]})
        if op == "GELU":
            options = ("GeluOptions", {"Approximate": bool(number % 2)})
        spec = curve_spec(op, scales, zeros, options=options)
        found.append(compare(build(spec), number).outcome)
        if op in ("LEAKY_RELU", "HARD_SWISH"):
            found.append(compare(build(as_uint8(spec)), number).outcome)
    # A table of which neither is sure, they do not run.
    assert found.count(Outcome.EQUAL) >= 6
    assert set(found) <= {Outcome.EQUAL, *REFUSED}


NHWC = (1, 5, 4, 3)
POOL = {"Padding": 0, "StrideW": 2, "StrideH": 1, "FilterWidth": 3, "FilterHeight": 2}
ELEMENTWISE = {
    **{
        op: (op, [data("x", NHWC, "INT8"), other("z", (1, 1, 4, 3), "INT8")], NHWC, f"{op.title()}Options", {"FusedActivationFunction": 1})
        for op in ("ADD", "SUB", "MUL")
    },
    "MEAN": ("MEAN", [data("x", NHWC, "INT8"), ints("a", 1, 2)], (1, 1, 1, 3), *KEPT),
    **{op: (op, [data("x", NHWC, "INT8")], NHWC) for op in ("RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH")},
    "SOFTMAX": ("SOFTMAX", [data("x", NHWC, "INT8")], NHWC, "SoftmaxOptions", {"Beta": 0.7}),
    "AVERAGE_POOL_2D": ("AVERAGE_POOL_2D", [data("x", NHWC, "INT8")], (1, 5, 2, 3), "Pool2DOptions", POOL),
    "MAX_POOL_2D": ("MAX_POOL_2D", [data("x", NHWC, "INT8")], (1, 5, 2, 3), "Pool2DOptions", POOL),
}  # fmt: skip
ENDS = {"SOFTMAX": (1 / 256, -128), "LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")


@pytest.mark.parametrize("op", ELEMENTWISE)
def test_uint8_values_are_the_hosts(op):
    name, inputs, *rest = ELEMENTWISE[op]
    end = (inputs[0].scale[0], inputs[0].zero_point[0]) if op in POOLS else (0.13, 5)
    scale, zero = ENDS.get(op, end)
    spec = as_uint8(test_computing.spec(name, inputs, *rest, scale=scale, zero=zero))
    verdict = compare(build(spec), 0)
    assert verdict.outcome is Outcome.EQUAL, verdict


def without_bias(spec):
    for op in spec.ops:
        op.inputs = op.inputs[:-1]
    return spec


INT16_LAYERS = {
    **{f"convolution {n}": (conv_spec, form) for n, form in enumerate(GEOMETRIES)},
    "dense": (dense_spec, {"hidden": 40}),
    "dense without a bias": (lambda: without_bias(dense_spec(hidden=40)), {}),
    "transposed": (transpose_conv_spec, {"padding": 1}),
    "transposed without a bias": (transpose_conv_spec, {"bias": False, "kernel": (5, 4), "stride": (1, 2)}),
}  # fmt: skip


@pytest.mark.parametrize("bias", ["INT64", "INT32"])
@pytest.mark.parametrize("name", INT16_LAYERS)
def test_int16_layers_sum_as_on_the_host(name, bias):
    make, form = INT16_LAYERS[name]
    verdict = compare(int16x8_file(make(**form), bias=bias), 0)
    # Kernels that read int64 where the bias is int32 are refused.
    misread = bias == "INT32" and (form.get("depthwise") or name == "transposed")
    assert verdict.outcome is (Outcome.BOTH_REFUSE if misread else Outcome.EQUAL), verdict


def int16_mean():
    tensors = [int16("x", (1, 5, 6, 7), 1e-3), int16("y", (1, 7), 7e-4), ints("axes", 1, 2)]
    return ModelSpec(tensors, [OpSpec("MEAN", [0, 2], [1], "ReducerOptions", {})], [0], [1])


def int16_curve(op, scale):
    return test_int16_elementwise.unary(op, scale, SYMMETRIC, shape=(1, 16, 64))


INT16_VALUES = {
    **{f"{op} {scale:g}": lambda op=op, scale=scale: int16_curve(op, scale) for op in ("LOGISTIC", "TANH") for scale in test_int16_elementwise.CURVES},
    **{f"SOFTMAX {scale:g}": lambda scale=scale: int16_curve("SOFTMAX", scale) for scale in (0.0003, 0.00004, 0.01, 2.0**-12)},
    **{f"{op} {name}": lambda op=op, name=name: pair(op, (1e-4, 3e-4, 4e-4 if op != "MUL" else 5e-4), name, ((1, 5, 4, 6), (4, 1), (1, 5, 4, 6))) for op in ("ADD", "SUB", "MUL") for name in ("NONE", "RELU6")},
    "ADD of powers of two": lambda: pair("ADD", (2.0**-12, 2.0**-14, 2.0**-12), pot=False),
    "MEAN": lambda: read(build(int16_mean())),
    "LEAKY_RELU": lambda: read(build(curve_spec("LEAKY_RELU", (0.0003, 0.0002), (0, 0), "INT16"))),
    **{f"to {name}": lambda name=name: converted(name) for name in test_int16_elementwise.CONVERSIONS},
}  # fmt: skip


def converted(name):
    types, scales, zeros = test_int16_elementwise.CONVERSIONS[name]
    op = "DEQUANTIZE" if types[1] == "FLOAT32" else "QUANTIZE"
    return test_int16_elementwise.unary(op, *scales, shape=(1, 64), types=types, zeros=zeros)


@pytest.mark.parametrize("name", INT16_VALUES)
def test_int16_values_are_the_hosts(name):
    verdict = compare(INT16_VALUES[name]().data, 0)
    assert verdict.outcome is Outcome.EQUAL, verdict


UNFIT = {
    "another output scale": lambda: test_int16_elementwise.unary("TANH", 0.0003, 2.0**-14),
    "a scale at the limit": lambda: int16_curve("LOGISTIC", 2.0 ** (-12 + 1e-3)),
    "too wide a step": lambda: int16_curve("LOGISTIC", 2.7),
    "a zero-point": lambda: test_int16_elementwise.unary("LOGISTIC", 1e-3, SYMMETRIC, zeros=(1, 0)),
    "by shifts": lambda: pair("ADD", (2.0**-12, 2.0**-14, 2.0**-12), pot=True),
    "uint8": lambda: test_int16_elementwise.unary("QUANTIZE", 1e-3, 0.1, types=("INT16", "UINT8")),
}


@pytest.mark.parametrize("name", UNFIT)
def test_int16_values_that_no_kernel_takes_are_refused(name):
    model = UNFIT[name]()
    verdict = compare(model.data, 0, (Profile.TFLITE_REF,))
    assert verdict.outcome in REFUSED, verdict


def heavy(spec):
    """Sums of 2^15 * 128 * 2^26 may reach 2^47 with the bias."""
    spec.tensors[spec.ops[0].inputs[2]].data[0] = 2**47 - 1


def steep(spec):
    spec.tensors[spec.ops[0].outputs[0]].scale = [1e-12]


def shifted(spec):
    spec.tensors[spec.ops[0].outputs[0]].zero_point = [3]


@pytest.mark.parametrize("change", [heavy, steep, shifted])
def test_int16_sums_that_leave_their_bounds_are_refused(change):
    spec = int16x8(conv_spec(**GEOMETRIES[0]))
    change(spec)
    assert compare(build(spec), 0).outcome is Outcome.BOTH_REFUSE


UINT8_LAYERS = {
    "dense": (uint8_dense_spec, {"inputs": 40, "hidden": 30, "classes": 20}),
    "convolution": (uint8_conv_spec, {"activation": 3}),
    "dilated": (uint8_conv_spec, {"dilation": (2, 2), "padding": 1}),
    "depthwise": (uint8_conv_spec, {"depthwise": True, "stride": (2, 2)}),
    "depthwise multiplied": (uint8_conv_spec, {"depthwise": True, "filters": 9}),
    "transposed": (uint8_transposed_spec, {"padding": 1}),
    "network": (lambda seed, _: uint8_network_spec(seed), {}),
}


@pytest.mark.parametrize("weight_zero", [0, 117, 255])
@pytest.mark.parametrize("name", UINT8_LAYERS)
def test_uint8_layers_are_the_hosts(name, weight_zero):
    make, form = UINT8_LAYERS[name]
    verdict = compare(build(make(weight_zero, weight_zero, **form)), 0)
    assert verdict.outcome is Outcome.EQUAL, verdict


@pytest.mark.parametrize("op", ["SQRT", "RSQRT"])
def test_a_root_of_what_is_below_zero_ends_the_run(op):
    verdict = compare(build(curve_spec(op, (0.1, 0.05), (0, 0))), 0)
    assert verdict.outcome is Outcome.BOTH_REFUSE
    assert "has values below 0" in verdict.reason


@pytest.mark.parametrize(("name", "shape"), [
    ("product", (1, 4, 6)), ("largest", (1, 4)), ("position", (1, 5, 3)), ("normalized", (1, 5, 4, 4)), ("minimum", (1, 5, 4, 4)),
])  # fmt: skip
def test_another_shape_is_refused_when_the_model_is_opened(name, shape):
    wrong = test_computing.spec_of(name, "INT8")
    wrong.tensors[wrong.outputs[0]].shape = shape
    assert compare(build(wrong), 0).outcome is Outcome.BOTH_REFUSE


def wide_output(spec):
    spec.tensors[spec.outputs[0]].scale = [1e-30]


def two_axes(spec):
    spec.tensors[1].shape, spec.tensors[1].data = (2,), spec.tensors[1].data.repeat(2)


def other_steps(spec):
    spec.tensors[spec.outputs[0]].scale = [0.2]


@pytest.mark.parametrize(("name", "change"), [
    ("prelu", wide_output), ("squared difference", wide_output), ("product", wide_output), ("position", two_axes), ("largest", other_steps), ("normalized", other_steps),
])  # fmt: skip
def test_other_steps_are_refused_when_the_model_is_opened(name, change):
    wrong = test_computing.spec_of(name, "INT8")
    change(wrong)
    verdict = compare(build(wrong), 0)
    assert verdict.outcome in REFUSED, verdict


@pytest.mark.parametrize(
    "spec", [several_rows.dense_rows(), several_rows.images(), several_rows.two_inputs()]
)
def test_a_sample_of_several_rows_is_run_whole(spec):
    verdict = compare(build(spec), 0)
    assert verdict.outcome is Outcome.EQUAL, verdict.reason


def no_first_value(spec):
    spec.others[0].ops = spec.others[0].ops[:2]
    spec.others[0].tensors = spec.others[0].tensors[:2]


def another_subgraph(spec):
    spec.others.append(spec.others[0])


def late(spec):
    spec.ops.append(spec.ops.pop(0))


def another_shape(spec):
    spec.others[0].tensors[1].shape = (1, 3, 1, 3)
    spec.others[0].tensors[1].data = spec.others[0].tensors[1].data.repeat(2)[:9]


@pytest.mark.parametrize("change", [no_first_value, another_subgraph, late, another_shape])
def test_variables_of_another_form_are_refused_when_the_model_is_opened(change):
    spec = streaming_models.streaming_spec()
    change(spec)
    verdict = compare(build(spec), 0)
    assert verdict.outcome in {Outcome.BOTH_REFUSE, Outcome.FIRMWARE_REFUSES}, verdict


@pytest.mark.parametrize("name", test_copying.WRONG)
def test_what_does_not_fit_is_refused_when_the_model_is_opened(name):
    arguments, fields, _ = test_copying.WRONG[name]
    verdict = compare(build(test_copying.built(*arguments, **fields)), 0)
    assert verdict.outcome is Outcome.BOTH_REFUSE, verdict
