"""Float operators between integers: their last bits decide nothing that is called false."""

import pytest

from mendlite.checker.floats import behind_floats
from mendlite.checker.graph import read_graph
from tiny_models import ModelSpec, OpSpec, TensorSpec, build


def island(op):
    """int8 → float → ``op`` → int8."""
    tensors = [
        TensorSpec("x", (1, 4), scale=[0.1], zero_point=[0]),
        TensorSpec("real", (1, 4), "FLOAT32"),
        TensorSpec("curved", (1, 4), "FLOAT32"),
        TensorSpec("y", (1, 4), scale=[0.1], zero_point=[0]),
    ]
    ops = [OpSpec("DEQUANTIZE", [0], [1]), OpSpec(op, [1], [2]), OpSpec("QUANTIZE", [2], [3])]
    return read_graph(build(ModelSpec(tensors, ops, [0], [3])))


@pytest.mark.parametrize(("op", "wanted"), [("EXP", True), ("TANH", True), ("RELU", False)])
def test_what_last_bits_may_decide(op, wanted):
    assert behind_floats(island(op), (3,)) == wanted
    assert not behind_floats(island(op), (1,))
