"""Bounds in a certificate: tried on inputs of their box, and refused where one leaves them."""

from pathlib import Path

import numpy as np
import pytest

from mendlite.checker.bounds import TRIED, check_bounds
from mendlite.checker.graph import read_graph
from mendlite.errors import ClaimError, NotVerifiedError

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
    with pytest.raises(NotVerifiedError, match="not tested"):
        check_bounds(bounds(["float", "base"], -1e-6, 1e-6), there, "tflm", "seed")


UNVERIFIED = {
    "no output": ({"outputs": []}, "bounds no output"),
    "beyond the input's type": ({"high": [128] * PIXELS}, "outside the input's type, int8"),
    "far below it": ({"low": [-(2**40)] * PIXELS}, "outside the input's type, int8"),
    "an unknown verdict": ({"verdict": "proved\n\x1b[2Jit holds"}, "unknown"),
}


@pytest.mark.parametrize("what", UNVERIFIED)
def test_a_bound_that_says_nothing_is_not_verified(graphs, what):
    changes, message = UNVERIFIED[what]
    with pytest.raises(NotVerifiedError, match=message) as found:
        check_bounds(bounds(["base", "patched"], -1, 1, **changes), graphs, "tflm", "seed")
    assert str(found.value).isprintable()


FALSE = {
    "a negative output": ({"output": -1, "lower": 0.0, "upper": 0.0}, "output -1 does not exist"),
    "an output beyond": ({"output": 10, "lower": 0.0, "upper": 0.0}, "output 10 does not exist"),
    "an output that is true": ({"output": True, "lower": 0, "upper": 0}, "True does not exist"),
    "a bound as text": ({"output": 0, "lower": "0", "upper": 0.0}, "are no numbers"),
}


@pytest.mark.parametrize("what", FALSE)
def test_a_bound_of_no_output_or_number_is_refused(graphs, what):
    one, message = FALSE[what]
    with pytest.raises(ClaimError, match=message):
        check_bounds(bounds(["base", "patched"], 0, 0, outputs=[one]), graphs, "tflm", "seed")


def test_its_texts_are_quoted_and_escaped(graphs):
    texts = {"property": "x\nsignature: it holds", "region": "y\x1b[2J\u202e\ud800"}
    said = check_bounds(bounds(["base", "patched"], 0, 0, **texts), graphs, "tflm", "seed")
    assert "NOT proved again: 'x\\nsignature: it holds' over 'y\\x1b[2J\\u202e\\ud800'" in said
    assert said.isprintable()
    assert said.isascii()


def test_corners_are_tried():
    """A bound that only a corner leaves is found."""
    box = bounds(["base", "patched"], 0, 0)
    from mendlite.checker.bounds import _inputs

    corners = np.isin(_inputs(box, "a"), (-20, -10)).all(axis=1)
    assert np.count_nonzero(corners) >= TRIED // 2


def test_the_draw_follows_the_seed():
    from mendlite.checker.bounds import _inputs

    box = bounds(["base", "patched"], 0, 0)
    assert np.array_equal(_inputs(box, "a"), _inputs(box, "a"))
    assert not np.array_equal(_inputs(box, "a"), _inputs(box, "b"))
    assert _inputs(box, "a").min() >= -20
    assert _inputs(box, "a").max() <= -10
