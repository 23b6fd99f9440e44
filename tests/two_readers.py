"""The package's reader and the checker's own, held against each other."""

import numpy as np

from mendlite.checker.graph import read_graph
from mendlite.model.tensor import DType
from mendlite.tflite.reader import read
from model_tables import CODES


def same(data):
    """Assert that both readers see the same file."""
    ours, theirs = read_graph(data), read(data)
    assert (ours.inputs, ours.outputs) == (theirs.inputs, theirs.outputs)
    assert len(ours.tensors) == len(theirs.tensors)
    # The package's reader knows what DEQUANTIZE makes of a constant; the checker computes it.
    computed = {t for o in theirs.operators if o.op == "DEQUANTIZE" for t in o.outputs}
    for mine, other in zip(ours.tensors, theirs.tensors, strict=True):
        assert (mine.name, mine.shape) == (other.name, other.shape)
        assert mine.packed == (other.dtype is DType.INT4)
        assert mine.dtype == (np.int8 if mine.packed else other.dtype.numpy)
        held = other.data is not None and other.index not in computed
        assert (mine.data is not None) == held
        if held:
            assert mine.data.tobytes() == other.data.tobytes()
            assert other.buffer is None or mine.at == other.buffer.offset
        assert (mine.quant is None) == (other.quant is None)
        if other.quant is not None:
            assert np.array_equal(mine.quant.scale, other.quant.scale)
            assert np.array_equal(mine.quant.zero_point, other.quant.zero_point)
            assert mine.quant.scale_at == other.quant.scale_offset
            assert mine.quant.zero_at == other.quant.zero_point_offset
        assert (mine.blocks is None) == (other.blocks is None)
        if other.blocks is not None:
            assert mine.blocks.size == other.blocks.size
            assert np.array_equal(mine.blocks.scale, other.blocks.scale)
    for mine, other in zip(ours.ops, theirs.operators, strict=True):
        assert (mine.inputs, mine.outputs) == (other.inputs, other.outputs)
        number = CODES.get(other.op.split(":")[0])
        assert mine.name in (other.op, f"BUILTIN_{number}")
