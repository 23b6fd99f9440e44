"""The checker's own comparisons, SELECT and whole sums: our kernels' bytes and the runtimes'."""

import numpy as np
import pytest

from checked_kernels import agree
from computing_models import COMPARISONS, NHWC, spec, spec_of
from copying_models import data
from mendlite.checker.evaluate import require_runnable
from mendlite.checker.graph import read_graph
from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.rounding import Profile
from tiny_models import TensorSpec, build


@pytest.mark.parametrize("op", COMPARISONS)
def test_bytes_in_other_scales(op):
    rng = np.random.default_rng(3)
    pair = [
        TensorSpec(name, (1, 500), scale=[scale], zero_point=[zero])
        for name, scale, zero in (("x", 0.0013, -17), ("z", 0.0031, 40))
    ]
    inputs = [rng.integers(-128, 128, (3, 500), np.int8) for _ in pair]
    assert agree(spec(op, pair, (1, 500), output="BOOL"), inputs=inputs) == {"litert", "tflm"}


@pytest.mark.parametrize("kind", ["UINT8", "INT32", "INT64"])
@pytest.mark.parametrize("op", COMPARISONS)
def test_other_types(op, kind):
    pair = [data("x", NHWC, kind), data("z", (1, 1, 1, 3), kind)]
    assert "litert" in agree(spec(op, pair, NHWC, output="BOOL"))


def wide(op, scales):
    pair = [
        TensorSpec(name, (1, 500), "INT16", scale=scale and [scale], zero_point=scale and [0])
        for name, scale in zip("xz", scales, strict=True)
    ]
    return spec(op, pair, (1, 500), output="BOOL")


@pytest.mark.parametrize("op", COMPARISONS)
def test_int16_as_it_is_stored_or_scaled(op):
    rng = np.random.default_rng(4)
    first = rng.integers(-(2**15), 2**15, (3, 500)).astype(np.int16)
    second = np.clip(first // 2 + rng.integers(-1, 2, first.shape), -(2**15), 2**15 - 1)
    profiles = [Profile.TFLITE_REF] if op == "GREATER" else list(Profile)
    pair = [first, second.astype(np.int16)]
    for scales in ((0.0013, 0.0026), (0.07, 0.07)):
        assert agree(wide(op, scales), inputs=pair, profiles=profiles) == {"litert"}
    if op != "NOT_EQUAL":
        assert agree(wide(op, (None, None)), inputs=pair, profiles=profiles) == {"litert"}


@pytest.mark.parametrize("kind", ["INT8", "INT16"])
def test_negatives_of_what_is_stored(kind):
    assert agree(spec_of("negative", kind)) == {"litert"}


@pytest.mark.parametrize("kind", ["INT32", "INT64"])
@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
def test_whole_numbers(op, kind):
    options = (f"{op.capitalize()}Options", {"FusedActivationFunction": 0})
    pair = [data("x", NHWC, kind), data("z", (1, 1, 1, 3), kind)]
    assert "litert" in agree(spec(op, pair, NHWC, *options))


@pytest.mark.parametrize("name", ["select along the first axis", "select several rows"])
@pytest.mark.parametrize("kind", ["INT16", "INT32", "BOOL"])
def test_chosen_types(name, kind):
    assert agree(spec_of(name, kind)) == {"litert"}


def changed(name, **fields):
    made = spec_of(name, "INT8")
    for field, value in fields.items():
        setattr(made.tensors[0], field, value)
    return made


@pytest.mark.parametrize(("made", "error", "why"), [
    (lambda: changed("less", scale=[1.0]), UnsupportedModelError, "a scale of 1"),
    (lambda: changed("less", scale=None, zero_point=None), MalformedModelError, "not one scale"),
    (lambda: changed("select several rows", shape=(3,)), MalformedModelError, r"condition \[3\]"),
    (lambda: changed("select", type="INT8", scale=[1], zero_point=[0]), MalformedModelError, "types"),
    (lambda: spec("SELECT_V2", [TensorSpec("c", (3,), "BOOL", np.array([0, 1, 2], np.uint8)),
                                data("x", (1, 3)), data("z", (1, 3))], (1, 3)),
     MalformedModelError, "neither 0 nor 1"),
    (lambda: spec_of("negative", "UINT8"), UnsupportedModelError, "type uint8"),
    (lambda: wide("EQUAL", (0.1, 1.0)), UnsupportedModelError, "a scale of 1"),
    (lambda: wide("NOT_EQUAL", (None, None)), UnsupportedModelError, "int16 without a scale"),
    (lambda: wide("GREATER", (0.1, 0.1)), UnsupportedModelError, "TFLite Micro compares nothing"),
    (lambda: spec("ADD", [data("x", NHWC, "INT32"), data("z", NHWC, "INT32")], NHWC, "AddOptions",
                  {"FusedActivationFunction": 1}), UnsupportedModelError, "activation of int32"),
])  # fmt: skip
def test_other_forms_are_refused(made, error, why):
    built = made()
    graph = read_graph(build(built))
    with pytest.raises(error, match=why):
        require_runnable(graph, "tflm", built.outputs)
