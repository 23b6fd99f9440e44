"""Operators of one input: every byte of many quantizations against LiteRT and TFLite Micro."""

import numpy as np
import pytest

from curve_models import EVERY, POSITIVE, quantizations, spec
from mendlite.checker.evaluate import evaluate
from mendlite.checker.graph import read_graph
from mendlite.errors import MalformedModelError, UndefinedResultError, UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.prepare.curves import TYPES
from mendlite.prepare.model import prepare_model
from mendlite.tflite.reader import read
from own_kernels import RUNTIMES, compared
from tiny_models import build


def ran(model_spec, inputs):
    """The runtimes that ran it; empty where our kernels are not sure and an interpreter would."""
    lacking = prepare_model(read(build(model_spec)), Profile.TFLM).interpreted
    if lacking:
        assert "too near a tie" in lacking[0]
        return set()
    return compared(model_spec, inputs=inputs)


@pytest.mark.parametrize("op", TYPES)
def test_every_byte_is_that_of_the_runtimes(op):
    alphas = [{"Alpha": a} for a in (0.1, 0.01, 1.0, 2.5, 0.0)]
    found = []
    for number, (scales, zeros) in enumerate(quantizations(op, 12)):
        options = None
        if op == "LEAKY_RELU":
            options = ("LeakyReluOptions", alphas[number % len(alphas)])
        if op == "GELU":
            options = ("GeluOptions", {"Approximate": bool(number % 2)})
        found.append(ran(spec(op, scales, zeros, options=options), [EVERY]))
    assert sum(map(bool, found)) >= 9
    if "litert" in RUNTIMES and op != "ELU":  # LiteRT runs no int8 ELU
        assert any("litert" in names for names in found)


@pytest.mark.parametrize("op", TYPES)
def test_float_values_are_those_of_the_runtimes(op):
    x = np.random.default_rng(0).normal(0, 3, (4, 64)).astype(np.float32)
    x = np.abs(x) if op in POSITIVE | {"LOG"} else x
    near = "equal" if op in {"LEAKY_RELU", "HARD_SWISH", "SQRT", "RSQRT"} else 1e-6
    assert compared(spec(op, (1, 1), (0, 0), "FLOAT32"), inputs=[x], floats=near)


@pytest.mark.parametrize("op", [op for op, types in TYPES.items() if len(types) > 2])
def test_other_integers_are_those_of_the_runtimes(op):
    kinds = {"UINT8": np.uint8, "INT16": np.int16}
    for kind, dtype in kinds.items():
        if kind in {t.value for t in TYPES[op]}:
            zeros = (0, 0) if kind == "INT16" else (120, 20)
            limits = np.iinfo(dtype)
            x = np.linspace(limits.min, limits.max, 256).astype(dtype).reshape(4, 64)
            assert compared(spec(op, (0.05, 0.04), zeros, kind), inputs=[x])


@pytest.mark.parametrize("op", sorted(POSITIVE))
def test_values_below_0_are_refused(op):
    with pytest.raises(UndefinedResultError, match="its input has values below 0"):
        compared(spec(op, (0.05, 0.04), (0, 0)), inputs=[EVERY])


def test_what_does_not_fit_is_refused():
    with pytest.raises(MalformedModelError, match="it must be below 1"):
        compared(spec("HARD_SWISH", (10.0, 0.001), (0, 0)))
    with pytest.raises((AssertionError, UnsupportedModelError), match="negative"):
        compared(
            spec("LEAKY_RELU", (0.1, 0.1), (0, 0), options=("LeakyReluOptions", {"Alpha": -0.5}))
        )


@pytest.mark.parametrize("scales", [(0.05, 1e-38), (0.7, 1e-9), (300.0, 1e-3)])
def test_steps_beyond_int32_are_the_interpreters(scales):
    """The kernel converts them to int32, which no standard defines."""
    lacking = prepare_model(read(build(spec("EXP", scales, (0, 3)))), Profile.TFLM).interpreted
    assert "too large" in lacking[0]
    graph = read_graph(build(spec("EXP", scales, (0, 3))))
    with pytest.raises(UnsupportedModelError, match="too large"):
        evaluate(graph, "tflm", [EVERY], [1])
