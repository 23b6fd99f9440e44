"""ADD, SUB, MUL, TANH, LOGISTIC and the RELUs against the interpreter and TFLite Micro.

Every byte of every input, or every pair of bytes. Where the desktop and TFLite Micro compute
otherwise, it is the profile TFLITE_REF that follows the desktop, tflite-runtime 2.14 included:
its own difference from LiteRT lies in FULLY_CONNECTED alone.
"""

import numpy as np
import pytest

from mendlite.model.rounding import Profile
from mendlite.replay.package_profiles import runner_profile
from mendlite.replay.registry import make_runner
from mendlite.tflite.reader import read
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

FOLLOWED = {"interpreter": Profile.TFLITE_REF, "tflm": runner_profile("tflm")}
RUNNERS = pytest.mark.parametrize("runner", list(FOLLOWED))
PAIRS = np.arange(65536).reshape(1, -1)
FIRST = (PAIRS >> 8).astype(np.uint8).view(np.int8)
SECOND = (PAIRS & 255).astype(np.uint8).view(np.int8)
EVERY = np.arange(-128, 128).astype(np.int8).reshape(4, 64)
SAME = ((1, 65536),) * 3
FUSED = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}


def int8(name, shape, scale, zero, data=None):
    return TensorSpec(name, shape, data=data, scale=[float(scale)], zero_point=[int(zero)])


def pair_model(op, scales, zeros, activation="NONE", *, shapes=SAME, second=None):
    tensors = [
        int8(name, shape, scale, zero)
        for name, shape, scale, zero in zip("xyo", shapes, scales, zeros, strict=True)
    ]
    tensors[1].data = second
    fields = {"FusedActivationFunction": FUSED[activation]}
    operator = OpSpec(op, [0, 1], [2], f"{op.capitalize()}Options", fields)
    return read(build(ModelSpec(tensors, [operator], [0] if second is not None else [0, 1], [2])))


def unary_model(op, scales, zeros):
    tensors = [int8("x", (1, 64), scales[0], zeros[0]), int8("o", (1, 64), scales[1], zeros[1])]
    return read(build(ModelSpec(tensors, [OpSpec(op, [0], [1])], [0], [1])))


def run(name, model, inputs, profile=Profile.TFLM):
    out = model.outputs[0]
    return np.concatenate([s[out] for s in make_runner(name, model, profile).run(inputs, [out])])


def same(model, runner, inputs):
    ours = run("reference", model, inputs, FOLLOWED[runner])
    return np.array_equal(ours, run(runner, model, inputs))


def pair_scales(op, rng):
    first, second = np.exp(rng.uniform(np.log(0.003), np.log(0.2), 2))
    if op == "MUL":
        return first, second, first * second * rng.uniform(20, 130)
    return first, second, max(first, second) * rng.uniform(0.6, 2.2)


@pytest.mark.parametrize("activation", list(FUSED))
@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
@RUNNERS
def test_every_pair_of_bytes(runner, op, activation):
    rng = np.random.default_rng(FUSED[activation])
    for _ in range(6):
        model = pair_model(op, pair_scales(op, rng), rng.integers(-128, 128, 3), activation)
        assert same(model, runner, [FIRST, SECOND])


# Multipliers next to a tie: each scale triple has pairs that float32 and double tell apart.
MUL_NEAR_TIES = [
    (0.00516, 0.06475, 0.0397844),
    (0.02176, 0.00317, 0.0150759),
    (0.01437, 0.04502, 0.0893602),
    (0.03303, 0.1666, 0.6129762),
]


@pytest.mark.parametrize("scales", MUL_NEAR_TIES)
@RUNNERS
def test_products_near_a_tie(runner, scales):
    model = pair_model("MUL", scales, (-128, 0, 0))
    profiles = (Profile.TFLITE_REF, Profile.TFLM)
    desktop, micro = (run("reference", model, [FIRST, SECOND], p) for p in profiles)
    assert not np.array_equal(desktop, micro)
    assert same(model, runner, [FIRST, SECOND])


# Scales of few bits: a second multiplier that is negated instead would round ties the other way.
@RUNNERS
def test_differences_near_a_tie(runner):
    rng = np.random.default_rng(5)
    for _ in range(8):
        first = float(np.float32(rng.uniform(0.01, 0.2)))
        scales = (first, first * rng.integers(1, 4096) / 4096, first * rng.integers(20, 64) / 32)
        model = pair_model("SUB", scales, rng.integers(-128, 128, 3))
        assert same(model, runner, [FIRST, SECOND])


SHAPES = [
    ((1, 3, 4, 5), (1, 1, 1, 5)),
    ((1, 3, 4, 5), (1, 3, 1, 1)),
    ((1, 1, 1, 5), (1, 3, 4, 5)),
    ((1, 3, 4, 5), (5,)),
    ((1, 3, 4, 5), (1,)),
    ((1, 3, 1, 5), (1, 1, 4, 5)),
]


# An input has its sample on the first axis; a constant need not have one.
BROADCASTS = [(s, constant) for s in SHAPES for constant in (True, False) if constant or s[1][1:]]


@pytest.mark.parametrize(("shapes", "constant"), BROADCASTS)
@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
@RUNNERS
def test_broadcasting(runner, op, shapes, constant):
    rng = np.random.default_rng(7)
    x, y = (rng.integers(-128, 128, (6, *s[1:])).astype(np.int8) for s in shapes)
    second = rng.integers(-128, 128, shapes[1]).astype(np.int8) if constant else None
    shapes = (*shapes, np.broadcast_shapes(*shapes))
    model = pair_model(op, (0.05, 0.03, 0.09), (3, -7, 11), shapes=shapes, second=second)
    assert same(model, runner, [x] if constant else [x, y])


@pytest.mark.parametrize(
    "shapes", [((1, 5), (3, 5), (3, 5)), ((1, 5), (1, 4, 5), (1, 4, 5)), ((1, 5), (3, 1), (3, 5))]
)
@RUNNERS
def test_broadcasting_over_the_samples_is_run_by_an_interpreter(runner, shapes):
    second = np.arange(np.prod(shapes[1]), dtype=np.int8).reshape(shapes[1])
    model = pair_model("MUL", (1, 1, 1), (0, 0, 0), shapes=shapes, second=second)
    assert same(model, runner, [np.arange(10, dtype=np.int8).reshape(2, *shapes[0][1:])])


@pytest.mark.parametrize("activation", list(FUSED))
@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
def test_float_pairs(op, activation):
    tensors = [TensorSpec(n, (1, 40), "FLOAT32") for n in "xyo"]
    fields = {"FusedActivationFunction": FUSED[activation]}
    operator = OpSpec(op, [0, 1], [2], f"{op.capitalize()}Options", fields)
    model = read(build(ModelSpec(tensors, [operator], [0, 1], [2])))
    inputs = list(np.random.default_rng(1).normal(0, 4, (2, 5, 40)).astype(np.float32))
    assert np.array_equal(run("reference", model, inputs), run("interpreter", model, inputs))


@pytest.mark.parametrize(("op", "output"), [("TANH", (1 / 128, 0)), ("LOGISTIC", (1 / 256, -128))])
@RUNNERS
def test_curves_of_every_byte(runner, op, output):
    rng = np.random.default_rng(3)
    undecided = 0
    for scale in np.exp(rng.uniform(np.log(0.0005), np.log(2), 60)).astype(np.float32):
        zero = rng.integers(-128, 128)
        model = unary_model(op, (scale, output[0]), (zero, output[1]))
        ours = run("reference", model, [EVERY], FOLLOWED[runner])
        wrong = ours != run(runner, model, [EVERY])
        if (runner, op) == ("interpreter", "TANH"):
            # The C library's tanhf may be two units in the last place off, at a tie one too far.
            real = 128 * np.tanh(float(scale) * (EVERY.astype(int) - zero))
            tie = np.abs(real - np.floor(real) - 0.5) < 2e-5
            undecided += np.count_nonzero(tie)
            wrong &= ~tie
        assert not wrong.any()
    assert undecided <= 4


# A float32 curve and the fixed-point one fall on two sides of a tie.
CURVES_APART = [
    ("TANH", (0.01878, 1 / 128), (3, 0)),
    ("LOGISTIC", (0.03995, 1 / 256), (1, -128)),
    ("LOGISTIC", (0.04505, 1 / 256), (-84, -128)),
]


@pytest.mark.parametrize(("op", "scales", "zeros"), CURVES_APART)
@RUNNERS
def test_curves_near_a_tie(runner, op, scales, zeros):
    model = unary_model(op, scales, zeros)
    desktop, micro = (run("reference", model, [EVERY], p) for p in FOLLOWED.values())
    assert 1 <= np.abs(desktop.astype(int) - micro).sum() <= 2
    assert same(model, runner, [EVERY])


@pytest.mark.parametrize("quantization", [(1 / 256, 0), (1 / 128, -128)])
def test_a_tanh_with_another_output_is_run_by_tflite_micro(quantization):
    """TFLite Micro takes it and computes it as ever; LiteRT's Prepare prescribes 1/128 and 0."""
    model = unary_model("TANH", (0.1, quantization[0]), (0, quantization[1]))
    assert same(model, "tflm", [EVERY])


@pytest.mark.parametrize("op", ["TANH", "RELU", "RELU6", "RELU_N1_TO_1"])
def test_float_activations(op):
    tensors = [TensorSpec(n, (1, 64), "FLOAT32") for n in "xo"]
    model = read(build(ModelSpec(tensors, [OpSpec(op, [0], [1])], [0], [1])))
    inputs = [np.linspace(-9, 9, 256, dtype=np.float32).reshape(4, 64)]
    ours, theirs = run("reference", model, inputs), run("interpreter", model, inputs)
    assert np.allclose(ours, theirs, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("runner", "op"),
    [
        ("interpreter", "RELU"),
        ("interpreter", "RELU6"),
        ("interpreter", "RELU_N1_TO_1"),
        ("tflm", "RELU"),
        ("tflm", "RELU6"),
    ],
)
def test_rectifiers_of_every_byte(runner, op):
    rng = np.random.default_rng(11)
    for scale in np.exp(rng.uniform(np.log(0.003), np.log(0.3), 60)):
        scales = (scale, scale * rng.uniform(0.2, 4))
        model = unary_model(op, scales, rng.integers(-128, 128, 2))
        assert same(model, runner, [EVERY])


def test_a_rectifier_near_a_tie():
    rng = np.random.default_rng(0)
    apart = 0
    for _ in range(40):
        # scale ratio odd / (2 value): value lands on a tie, up to the ratio's last bits.
        scale, value = np.float32(rng.uniform(0.01, 0.1)), int(rng.integers(20, 128))
        wanted = np.float32(float(scale) * 2 * value / (2 * rng.integers(10, 90) + 1))
        model = unary_model("RELU", (scale, wanted), (-128, -128))
        found = [run("reference", model, [EVERY], p) for p in FOLLOWED.values()]
        apart += not np.array_equal(*found)
        assert all(same(model, runner, [EVERY]) for runner in FOLLOWED)
    assert apart > 3


def test_tflms_relu6_does_not_requantize():
    model = unary_model("RELU6", (0.1, 0.05), (-10, 20))
    micro = run("reference", model, [EVERY], Profile.TFLM)
    assert np.array_equal(micro, np.clip(EVERY, -10, 50))
    desktop = run("reference", model, [EVERY], Profile.TFLITE_REF)
    assert np.array_equal(desktop, np.clip((EVERY.astype(int) + 10) * 2 + 20, 20, 127))


def test_single_rounding_is_heard():
    model = pair_model("MUL", (0.05, 0.03, 0.09), (3, -7, 11))
    found = [run("reference", model, [FIRST, SECOND], p) for p in (Profile.TFLM, Profile.SINGLE)]
    different = found[0] != found[1]
    assert 0 < different.sum() < 65536 // 20
    assert np.abs(found[0][different].astype(int) - found[1][different]).max() == 1
