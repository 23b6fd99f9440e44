"""A variable where an operator wants a value, or no part of a split: refused by all alike."""

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert.schema_py_generated import ModelT

from mendlite.tflite.reader import read
from model_fuzz.attempt import attempt
from model_fuzz.dice import Dice
from model_fuzz.originals import originals
from model_fuzz.stages import STAGES


def with_variable(data, tensor):
    """The file with this tensor of its first subgraph as a variable."""
    model = ModelT.InitFromPackedBuf(data, 0)
    model.subgraphs[0].tensors[tensor].isVariable = True
    return packed(model, len(data))


def packed(model, size):
    builder = flatbuffers.Builder(size)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def variants(name, data, per_model):
    """Some tensors of each original, every kind of place among them."""
    model = read(data)
    touched = {t for op in model.operators for t in (*op.inputs, *op.outputs) if t >= 0}
    rng = np.random.default_rng(len(data))
    for tensor in sorted(rng.permutation(sorted(touched))[:per_model].tolist()):
        yield f"{name} {tensor}", model, with_variable(data, tensor)


@pytest.mark.slow
def test_no_stage_breaks():
    faults, refused = [], 0
    for number, one in enumerate(originals(small=True)):
        for name, base, data in variants(one.name, one.written, 3):
            outcome = attempt(data, base, Dice(7, number), STAGES)
            refused += "Model" in outcome.refused.get("checker", "")
            faults += [(name, fault.bucket, fault.message) for fault in outcome.faults]
    assert not faults
    assert refused > 100


def test_a_split_into_no_parts_is_refused_on_reading():
    data = next(one.written for one in originals(small=True) if one.name == "tests/split UINT8")
    model = ModelT.InitFromPackedBuf(data, 0)
    [operator] = model.subgraphs[0].operators
    operator.outputs, operator.builtinOptions.numSplits = np.zeros(0, np.int32), 0
    outcome = attempt(packed(model, len(data)), read(data), Dice(7, 0), STAGES)
    assert not outcome.faults
    assert set(outcome.refused) == {"read"}
