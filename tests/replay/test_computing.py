"""Operators that compute along any axis, against LiteRT and TFLite Micro."""

import numpy as np
import pytest

from computing_models import COMPARISONS, KEPT, LOGIC, NHWC, TABLE, spec, spec_of
from copying_models import ints
from interpreted_models import one
from mendlite.checker.graph import read_graph
from mendlite.checker.prepare import require_prepared
from mendlite.errors import MalformedModelError, UndefinedResultError, UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.prepare.apart import COMPUTING
from mendlite.prepare.model import prepare_model
from mendlite.replay.reference.apart import COMPUTE
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from own_kernels import compared
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

FLOATS = {"DIV", "CUMSUM", "SUM"}  # SUM of int8 has a test of its own
"""Operators that our kernels run in float32 alone, of those tried in int8 and float32."""


def test_every_operator_is_tried_and_has_a_kernel():
    assert {row[0] for row in TABLE.values()} | {"CAST"} == set(COMPUTING) == set(COMPUTE)


@pytest.mark.parametrize("name", TABLE)
def test_int8_bytes_are_those_of_the_runtimes(name):
    if TABLE[name][0] not in FLOATS:
        assert compared(spec_of(name, "INT8"), count=9)


@pytest.mark.parametrize("name", TABLE)
def test_float_values_are_those_of_the_runtimes(name):
    exact = TABLE[name][0] in {
        "MINIMUM",
        "MAXIMUM",
        "REDUCE_MAX",
        "REDUCE_MIN",
        "PRELU",
        "RESIZE_BILINEAR",
        "SQUARED_DIFFERENCE",
        "DIV",
        "CUMSUM",
        "NEG",
        *COMPARISONS,
        *LOGIC,
        "SELECT",
        "SELECT_V2",
    }
    assert compared(spec_of(name, "FLOAT32"), floats="equal" if exact else 1e-5)


@pytest.mark.parametrize(("name", "kind"), [
    ("minimum", "INT16"), ("minimum", "UINT8"), ("minimum", "INT32"), ("largest", "INT16"), ("largest", "INT32"), ("sum", "INT32"),
    ("position", "UINT8"), ("running sum from behind", "INT32"), ("squared difference", "INT32"), ("bilinear", "INT16"), ("bilinear centred", "INT16"),
])  # fmt: skip
def test_other_types_are_those_of_the_runtimes(name, kind):
    assert compared(spec_of(name, kind))


def scaled_sum(kind, scale, zeros=(0, 0), shape=NHWC, axes=(1, 2)):
    out = tuple(1 if a in axes else n for a, n in enumerate(shape))
    tensors = [
        TensorSpec("x", shape, kind, scale=[0.1], zero_point=[zeros[0]]),
        ints("a", *axes),
        TensorSpec("y", out, kind, scale=[scale], zero_point=[zeros[1]]),
    ]
    return ModelSpec(tensors, [OpSpec("SUM", [0, 1], [2], *KEPT)], [0], [2])


@pytest.mark.parametrize("kind", ["INT8", "INT16"])
@pytest.mark.parametrize("scale", [0.01, 0.1, 0.13, 0.5, 2.0])
def test_sums_of_steps_are_tflite_micro_s(kind, scale):
    for zeros in ((0, 0), (-7, 100)) if kind == "INT8" else ((0, 0),):
        assert compared(scaled_sum(kind, scale, zeros), count=30, names=["tflm"]) == {"tflm"}


def test_a_sum_of_steps_by_hand():
    # (3 + 5 - 2 * 1) * 0.1 are 2.4 steps of 0.25: times 0.8 first 5, and a half of it 3 where it
    # is rounded twice. 252 * 0.1 are 100.8 steps.
    made = scaled_sum("INT8", 0.25, (1, -10), (1, 2, 2, 1), (1,))
    x = [np.array([[[3], [127]], [[5], [127]]], np.int8).reshape(1, 2, 2, 1)]
    for profile, steps in ((Profile.TFLM, 3), (Profile.SINGLE, 2)):
        (found,) = ReferenceRunner(model=read(build(made)), profile=profile).run(x, [2])
        assert found[2].reshape(-1).tolist() == [-10 + steps, -10 + 101]


@pytest.mark.parametrize(("made", "profile", "why"), [
    (lambda: scaled_sum("INT8", 0.1), Profile.TFLITE_REF, "LiteRT computes other sums of INT8"),
    (lambda: scaled_sum("INT16", 0.1, shape=(1, 2**8, 2**8, 1)), Profile.TFLM, "a sum of 65536"),
    (lambda: scaled_sum("INT8", 1e-7, shape=(1, 2**4, 2**5, 1)), Profile.TFLM, "a sum of 512"),
])  # fmt: skip
def test_other_sums_of_steps_are_left_to_an_interpreter(made, profile, why):
    assert why in prepare_model(read(build(made())), profile).interpreted[0]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("op", ["SQUARED_DIFFERENCE", "PRELU", "BATCH_MATMUL"])
def test_any_scales(op, seed):
    rng = np.random.default_rng(seed)
    scales = np.exp(rng.uniform(np.log(0.004), np.log(0.1), 2))
    zeros = rng.integers(-128, 128, 3)
    shapes = {"BATCH_MATMUL": ((1, 8, 16), (1, 16, 8), (1, 8, 8))}
    first, second, shape = shapes.get(op, ((1, 16, 16),) * 3)
    output = {
        "SQUARED_DIFFERENCE": 100 * max(scales) ** 2,
        "PRELU": scales[0] * 1.3,
        "BATCH_MATMUL": 20 * scales[0] * scales[1],
    }[op]
    x = TensorSpec("x", first, scale=[float(scales[0])], zero_point=[int(zeros[0])])
    z = TensorSpec("z", second, scale=[float(scales[1])], zero_point=[int(zeros[1])])
    assert compared(
        spec(op, [x, z], shape, scale=float(output), zero=int(zeros[2])), count=30, seed=seed
    )


CASTS = [
    ("INT8", "INT32"),
    ("INT32", "FLOAT32"),
    ("FLOAT32", "FLOAT32"),
    ("INT32", "INT8"),
    ("INT16", "INT8"),
    ("BOOL", "FLOAT32"),
    ("INT32", "BOOL"),
    ("INT64", "INT32"),
    ("UINT8", "INT8"),
]


@pytest.mark.parametrize(("source", "output"), CASTS)
def test_casts(source, output):
    assert compared(
        one("CAST", [TensorSpec("x", (1, 50), source), TensorSpec("y", (1, 50), output)], [0], [1])
    )


def test_a_float_to_an_integer_is_left_to_an_interpreter():
    model = read(
        build(
            one(
                "CAST",
                [TensorSpec("x", (1, 5), "FLOAT32"), TensorSpec("y", (1, 5), "INT8")],
                [0],
                [1],
            )
        )
    )
    assert prepare_model(model, Profile.TFLM).interpreted == {
        0: "FLOAT32 to INT8: mendlite's kernels do not run it"
    }


@pytest.mark.parametrize(("name", "shape", "words"), [
    ("product", (1, 4, 6), r"\[1, 4, 6\] in the file, but the operator writes \[1, 4, 5\]"),
    ("largest", (1, 4), r"\[1, 4\] in the file, but the operator writes \[1, 3\]"),
    ("bilinear", (1, 9, 10, 3), r"\[1, 9, 10, 3\] in the file, but the operator writes \[1, 9, 11, 3\]"),
])  # fmt: skip
def test_another_shape_is_refused_with_both(name, shape, words):
    wrong = spec_of(name, "INT8")
    wrong.tensors[wrong.outputs[0]].shape = shape
    with pytest.raises(MalformedModelError, match=words):
        prepare_model(read(build(wrong)), Profile.TFLM)


def test_a_sum_of_uint8_is_left_to_an_interpreter():
    assert 0 in prepare_model(read(build(spec_of("sum", "UINT8"))), Profile.TFLM).interpreted


def test_an_extreme_value_keeps_its_scale():
    wrong = spec_of("largest", "INT8")
    wrong.tensors[wrong.outputs[0]].scale = [0.2]
    with pytest.raises(MalformedModelError, match="scale 0.1 and zero-point -3.*0.2 and -3"):
        prepare_model(read(build(wrong)), Profile.TFLM)


def test_a_resizing_whose_rounded_step_leaves_the_image_is_refused():
    """From 3 to 120: steps of round(3072 / 120) = 26, the last at 119 * 26 = 3094 >= 3072."""
    made = small_to("INT8", 120)
    graph = read_graph(made.data)
    with pytest.raises(UndefinedResultError, match="step from 3 to 120 leaves the image"):
        prepare_model(made, Profile.TFLM)
    with pytest.raises(UnsupportedModelError, match="step from 3 to 120 leaves the image"):
        require_prepared(graph, "tflm", graph.ops)
    assert not prepare_model(small_to("FLOAT32", 120), Profile.TFLM).interpreted
    assert not prepare_model(small_to("INT8", 117), Profile.TFLM).interpreted


def small_to(kind, size):
    made = spec_of("bilinear", kind)
    made.tensors[0].shape, made.tensors[1].data = (1, 3, 3, 3), np.array([size, 3], np.int32)
    made.tensors[made.outputs[0]].shape = (1, size, 3, 3)
    return read(build(made))
