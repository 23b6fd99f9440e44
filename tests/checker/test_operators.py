"""The checker's own kernels of newer operators: bytes of ours, and of LiteRT or TFLite Micro."""

import numpy as np
import pytest

from checked_kernels import agree
from computing_models import TABLE as COMPUTING
from computing_models import spec_of as computing
from copying_models import TABLE as COPYING
from copying_models import spec_of as copying
from curve_models import EVERY, POSITIVE, quantizations
from curve_models import spec as curve
from mendlite.checker.evaluate import evaluate, require_runnable
from mendlite.checker.graph import read_graph
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import MICRO, Profile
from mendlite.prepare.curves import TYPES
from mendlite.prepare.model import prepare_model
from mendlite.tflite.reader import read
from tiny_models import build


@pytest.mark.parametrize("kind", ["INT8", "UINT8"])
@pytest.mark.parametrize("name", [n for n in COPYING if not COPYING[n][0].startswith("SPACE_TO_B")])
def test_copies(name, kind):
    assert agree(copying(name, kind))


INT8_LACKING = {"DIV", "CUMSUM", "SUM"}
"""Of float32 alone."""


@pytest.mark.parametrize("kind", ["INT8", "FLOAT32"])
@pytest.mark.parametrize("name", COMPUTING)
def test_computing(name, kind):
    if kind == "FLOAT32" or COMPUTING[name][0] not in INT8_LACKING:
        assert agree(computing(name, kind), count=9)


@pytest.mark.parametrize("kind", ["INT8", "INT16"])
@pytest.mark.parametrize("name", ["sum", "sum of two axes"])
def test_sums_of_steps(name, kind):
    for scale in (0.02, 0.1, 0.4):
        made = computing(name, kind)
        made.tensors[-1].scale = [scale]
        assert agree(made, count=9, profiles=MICRO) == {"tflm"}
    graph = read_graph(build(made))
    for profile, tensor, why in (
        ("tflite_ref", {}, f"LiteRT's sums of {kind.lower()}"),
        ("tflm", {"scale": [1e-9]}, "values may leave int32"),
    ):
        for field, value in tensor.items():
            setattr(made.tensors[-1], field, value)
        graph = read_graph(build(made))
        with pytest.raises(UnsupportedModelError, match=why):
            require_runnable(graph, profile, graph.outputs)


@pytest.mark.parametrize("op", TYPES)
def test_curves(op):
    ran = set()
    for number, (scales, zeros) in enumerate(quantizations(op, 6)):
        fields = {"GELU": ("GeluOptions", {"Approximate": bool(number % 2)})}
        model = curve(op, scales, zeros, options=fields.get(op))
        if not prepare_model(read(build(model)), Profile.TFLM).interpreted:
            ran |= agree(model, inputs=[EVERY])
    assert ran
    real = np.linspace(0.1 if op in {*POSITIVE, "LOG"} else -4, 4, 256, dtype=np.float32)
    assert agree(curve(op, (1, 1), (0, 0), "FLOAT32"), inputs=[real.reshape(4, 64)])


def test_an_entry_too_near_a_tie_is_not_computed():
    model = read_graph(build(curve("ELU", (0.5, 1.0), (0, 0))))
    with pytest.raises(UnsupportedModelError, match="too near a tie"):
        evaluate(model, "tflm", [EVERY], [1])
