"""Comparisons, logic, SELECT, NEG and sums of whole numbers: the bytes of both runtimes."""

import numpy as np
import pytest

from computing_models import COMPARISONS, NHWC, TABLE, constant, other, spec, spec_of
from copying_models import data
from mendlite.arith.comparison import comparable
from mendlite.arith.fixed_point import Rounding
from mendlite.errors import MalformedModelError, UndefinedResultError
from mendlite.model.rounding import MICRO, Profile
from mendlite.prepare.model import prepare_model
from mendlite.replay.int4_gaps import misread_by_2_14
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from own_kernels import compared
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

WIDE = ("INT32", "INT64")
CHOOSING = [name for name in TABLE if TABLE[name][0] in {"SELECT", "SELECT_V2"}]


def every_pair(kind):
    """All pairs of bytes of a type, (256, 256)."""
    every = np.arange(256, dtype=np.uint8).view({"INT8": "i1", "UINT8": "u1"}[kind])
    return [np.repeat(every, 256).reshape(256, 256), np.tile(every, 256).reshape(256, 256)]


def pair_of(op, kind, scales, zeros=(0, 0)):
    ends = [
        TensorSpec(name, (1, 256), kind, scale=[scale], zero_point=[zero])
        for name, scale, zero in zip("xz", scales, zeros, strict=True)
    ]
    return spec(op, ends, (1, 256), output="BOOL")


def prepared(made, profile=Profile.TFLM):
    return prepare_model(read(build(made)), profile)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("op", COMPARISONS)
def test_all_pairs_of_bytes_in_any_scales(op, seed):
    rng = np.random.default_rng(seed)
    scales = np.exp(rng.uniform(np.log(0.0005), np.log(0.999), 2)).astype(np.float32)
    zeros = rng.integers(-128, 128, 2)
    for kind, raised, names in (("INT8", 0, {"litert", "tflm"}), ("UINT8", 128, {"litert"})):
        made = pair_of(op, kind, [float(s) for s in scales], [int(z) + raised for z in zeros])
        assert compared(made, inputs=every_pair(kind)) == names


def test_bytes_by_hand():
    # 0.001 * 256 = 0.256: steps 2 to 5 are all 1, and 6 is 2; 0.5 is kept to the last bit.
    stored = np.array([-128, -6, 0, 1, 2, 5, 6], np.int64)
    found = comparable(stored, 0.001, 0, Rounding.DOUBLE)
    assert found.tolist() == [-33, -2, 0, 0, 1, 1, 2]
    assert comparable(stored, 0.5, -128, Rounding.SINGLE).tolist() == [
        128 * (int(x) + 128) for x in stored
    ]


@pytest.mark.parametrize("kind", WIDE)
@pytest.mark.parametrize("op", COMPARISONS)
def test_whole_numbers_are_compared_as_they_are_stored(op, kind):
    inputs = [data("x", (1, 40), kind), other("z", (1, 1), kind)]
    assert compared(spec(op, inputs, (1, 40), output="BOOL")) == {"litert", "tflm"}


@pytest.mark.parametrize("op", ["EQUAL", "NOT_EQUAL"])
def test_truth_is_compared_too(op):
    inputs = [data("x", NHWC, "BOOL"), data("z", NHWC, "BOOL")]
    assert compared(spec(op, inputs, NHWC)) == {"litert", "tflm"}


@pytest.mark.parametrize("op", ["LESS", "EQUAL"])
def test_nan_and_infinities(op):
    row = np.array([[np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45]], np.float32)
    inputs = [np.repeat(row, 6, axis=1), np.tile(row, 6)]
    made = spec(op, [data(n, (1, 36), "FLOAT32") for n in "xz"], (1, 36), output="BOOL")
    assert compared(made, inputs=inputs) == {"litert", "tflm"}


@pytest.mark.parametrize("kind", ["UINT8", "INT16", *WIDE, "BOOL"])
@pytest.mark.parametrize("name", [n for n in CHOOSING if n != "select of three shapes"])
def test_any_type_is_chosen(name, kind):
    assert "litert" in compared(spec_of(name, kind))


def test_a_scalar_condition_chooses_all():
    condition = TensorSpec("c", (), "BOOL", np.array(False))
    made = spec("SELECT", [condition, data("x", NHWC), data("z", NHWC)], NHWC)
    assert compared(made) == {"litert"}


@pytest.mark.parametrize("kind", WIDE)
@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
def test_sums_and_products_of_whole_numbers_wrap(op, kind):
    options = (f"{op.capitalize()}Options", {"FusedActivationFunction": 0})
    inputs = [data("x", NHWC, kind), data("z", (1, 1, 1, 3), kind)]
    assert "litert" in compared(spec(op, inputs, NHWC, *options))


@pytest.mark.parametrize("kind", ["FLOAT32", *WIDE])
def test_negatives(kind):
    assert "litert" in compared(spec_of("negative", kind))


def wide_pair(op, scales):
    ends = [
        TensorSpec(name, (1, 256), "INT16", scale=None if scale is None else [scale],
                   zero_point=None if scale is None else [0])
        for name, scale in zip("xz", scales, strict=True)
    ]  # fmt: skip
    return spec(op, ends, (1, 256), output="BOOL")


@pytest.mark.parametrize("op", COMPARISONS)
def test_int16_in_any_scales(op):
    """LiteRT scales int16 where it compares for equality, and for no other comparison."""
    rng = np.random.default_rng(len(op))
    for _ in range(3):
        scales = np.exp(rng.uniform(np.log(2e-5), np.log(0.999), 2)).astype(np.float32)
        first = rng.integers(-(2**15), 2**15, (20, 256)).astype(np.int16)
        near = first * float(scales[0] / scales[1]) + rng.integers(-2, 3, first.shape)
        second = np.clip(np.rint(near), -(2**15), 2**15 - 1).astype(np.int16)
        first[0, :2], second[0, :2] = (-(2**15), 2**15 - 1), (2**15 - 1, -(2**15))
        made = wide_pair(op, [float(s) for s in scales])
        names = ["litert"] if op == "GREATER" else ["litert", "tflm"]
        assert compared(made, inputs=[first, second], names=names) == {"litert"}


def test_int16_without_scales_is_compared_as_it_is_stored():
    for op in {*COMPARISONS} - {"NOT_EQUAL"}:
        assert compared(wide_pair(op, (None, None)), names=["litert"]) == {"litert"}
    with pytest.raises(UndefinedResultError, match="LiteRT compares nothing then"):
        prepared(wide_pair("NOT_EQUAL", (None, None)))


def test_int16_that_tflite_micro_compares_without_an_error_or_a_result_is_refused():
    made = wide_pair("GREATER", (0.1, 0.1))
    for profile in MICRO:
        with pytest.raises(UndefinedResultError, match="TFLite Micro compares nothing then"):
            prepared(made, profile)


def test_an_old_desktop_runtime_does_not_scale_int16_where_it_compares_for_equality():
    assert "operator 0 EQUAL: it compares" in misread_by_2_14(
        read(build(wide_pair("EQUAL", (0.1, 0.1))))
    )
    assert not misread_by_2_14(read(build(wide_pair("EQUAL", (None, None)))))


def test_an_equality_of_int16_by_hand():
    # 256 * 0.001 * 6 and 256 * 0.002 * 3 are 1.54, 2 once rounded; 5 and 3: 1 and 2.
    made = wide_pair("EQUAL", (0.001, 0.002))
    for tensor in made.tensors:
        tensor.shape = (1, 2)
    x = [np.array([[6, 5]], np.int16), np.array([[3, 3]], np.int16)]
    (found,) = ReferenceRunner(model=read(build(made)), profile=Profile.TFLITE_REF).run(x, [2])
    assert found[2].tolist() == [[True, False]]


@pytest.mark.parametrize("kind", ["INT8", "INT16"])
@pytest.mark.parametrize("zero", [0, 5])
def test_stored_values_are_negated_whatever_they_count_in(kind, zero):
    every = np.arange(-128, 128).reshape(1, 256)
    end = np.iinfo(kind.lower())
    every[0, :2] = end.min, end.max
    zeros = (zero, -zero) if kind == "INT8" else (0, 0)
    ends = [
        TensorSpec(name, (1, 256), kind, scale=[scale], zero_point=[at])
        for name, scale, at in zip("xy", (0.1, 0.2), zeros, strict=True)
    ]
    made = ModelSpec(ends, [OpSpec("NEG", [0], [1], "NegOptions", {})], [0], [1])
    assert compared(made, inputs=[every.astype(kind.lower())]) == {"litert"}
    (found,) = ReferenceRunner(model=read(build(made)), profile=Profile.TFLITE_REF).run(
        [every.astype(kind.lower())], [1]
    )
    assert found[1][0, :4].tolist() == [end.min, -end.max, 126, 125]


@pytest.mark.parametrize("scales", [(1.0, 0.1), (0.1, 2.0)])
def test_scales_that_no_kernel_compares_are_refused(scales):
    for profile in Profile:
        with pytest.raises(UndefinedResultError, match="INT8 values .* scales below 1 alone"):
            prepared(pair_of("LESS", "INT8", scales), profile)
        with pytest.raises(UndefinedResultError, match="INT16 values .* scales below 1 alone"):
            prepared(wide_pair("EQUAL", scales), profile)


def test_bytes_without_a_scale_are_refused():
    made = pair_of("LESS", "INT8", (0.1, 0.1))
    made.tensors[1].scale = made.tensors[1].zero_point = None
    with pytest.raises(MalformedModelError, match="has no scale"):
        prepared(made)


def test_a_condition_of_another_shape_is_refused():
    made = spec_of("select several rows", "INT8")
    made.tensors[0].shape = (3,)
    with pytest.raises(MalformedModelError, match=r"condition \[3\] does not choose"):
        prepared(made)


def test_a_truth_of_another_byte_is_refused():
    condition = TensorSpec("c", (3,), "BOOL", np.array([0, 1, 2], np.uint8))
    made = spec("SELECT_V2", [condition, data("x", (1, 3)), constant((3,), "INT8")], (1, 3))
    with pytest.raises(MalformedModelError, match="neither 0 nor 1"):
        prepared(made)


@pytest.mark.parametrize(("made", "why"), [
    (lambda: spec_of("negative", "UINT8"), "UINT8"),
    (lambda: spec("ADD", [data("x", NHWC, "INT32"), data("z", NHWC, "INT32")], NHWC, "AddOptions",
                  {"FusedActivationFunction": 1}), "a fused activation of INT32"),
])  # fmt: skip
def test_other_forms_are_left_to_an_interpreter(made, why):
    assert why in prepared(made()).interpreted[0]
