"""Bounds in a certificate: tried on inputs of their box, and refused where one leaves them."""

from pathlib import Path

import numpy as np
import pytest

from mendlite.checker.bounds import TRIED, check_bounds
from mendlite.checker.graph import read_graph
from mendlite.errors import ClaimError

DIGITS = Path(__file__).parents[2] / "targets" / "models" / "digits"
PIXELS = 64


@pytest.fixture(scope="module")
def graphs():
    base = (DIGITS / "int8.tflite").read_bytes()
    return {
        "float": read_graph((DIGITS / "float.tflite").read_bytes()),
        "base": read_graph(base),
        "patched": read_graph(base),
    }


def bounds(compared, lower, upper, **changes):
    found = {
        "property": "an error",
        "region": "a box",
        "verdict": "proved",
        "compared": compared,
        "low": [-20] * PIXELS,
        "high": [-10] * PIXELS,
        "outputs": [{"output": n, "lower": lower, "upper": upper} for n in range(10)],
    }
    return found | changes


def test_the_same_model_differs_by_nothing(graphs):
    said = check_bounds(bounds(["base", "patched"], 0.0, 0.0), graphs, "tflm", "seed")
    assert f"{TRIED} inputs of the box keep to it" in said


def test_wide_bounds_hold_and_narrow_ones_are_left(graphs):
    wide = bounds(["float", "base"], -50.0, 50.0)
    assert "keep to it" in check_bounds(wide, graphs, "tflm", "seed")
    with pytest.raises(ClaimError, match="left by an input"):
        check_bounds(bounds(["float", "base"], -1e-6, 1e-6), graphs, "tflm", "seed")


def test_one_bound_that_is_too_narrow_is_named(graphs):
    outputs = bounds(["float", "base"], -50.0, 50.0)["outputs"]
    outputs[7] = {"output": 7, "lower": 40.0, "upper": 50.0}
    with pytest.raises(ClaimError, match="output 7"):
        check_bounds(bounds(["float", "base"], 0, 0, outputs=outputs), graphs, "tflm", "seed")


@pytest.mark.parametrize(
    "changes",
    [
        {"low": [0] * PIXELS, "high": [-1] * PIXELS},
        {"low": [0] * (PIXELS - 1)},
        {"low": [0] * 3, "high": [0] * 3},
    ],
)
def test_a_box_that_is_none_is_refused(graphs, changes):
    with pytest.raises(ClaimError, match="box"):
        check_bounds(bounds(["base", "patched"], 0, 0, **changes), graphs, "tflm", "seed")


def test_a_model_that_is_not_here_is_said(graphs):
    there = graphs | {"float": None}
    said = check_bounds(bounds(["float", "base"], -1e-6, 1e-6), there, "tflm", "seed")
    assert "not tried" in said


def test_the_draw_follows_the_seed():
    from mendlite.checker.bounds import _inputs

    box = bounds(["base", "patched"], 0, 0)
    assert np.array_equal(_inputs(box, "a"), _inputs(box, "a"))
    assert not np.array_equal(_inputs(box, "a"), _inputs(box, "b"))
    assert _inputs(box, "a").min() >= -20
    assert _inputs(box, "a").max() <= -10
