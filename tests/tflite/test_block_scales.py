"""int4 weights with a scale for each block: read by both readers, or refused in one line."""

from dataclasses import replace

import numpy as np
import pytest

from block_models import pair, quantized, specs
from mendlite.checker.graph import read_graph
from mendlite.errors import BadInputError, MalformedModelError, UnsupportedModelError
from mendlite.model.delta import Field
from mendlite.tflite.diff import diff
from mendlite.tflite.edits import data_edit
from mendlite.tflite.fields import find_field
from mendlite.tflite.float_form import in_float
from mendlite.tflite.one_operator import one_operator
from mendlite.tflite.patch import apply
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from tiny_models import TensorSpec, build
from two_readers import same


def test_both_readers_see_the_scales_of_each_block():
    _, spec = specs((64, 8, 32, 3))
    data = build(spec)
    same(data)
    model = read(data)
    for number, blocks in ((1, (8, 2)), (4, (32, 1)), (7, (3, 1))):
        tensor = model.tensors[number]
        assert tensor.quant is None
        assert tensor.blocks.scale.shape == blocks
        stored = model.tensors[tensor.blocks.tensor].constant()
        assert np.array_equal(tensor.blocks.scale, stored.astype(np.float64))
        assert not tensor.blocks.scale.flags.writeable
        size = tensor.shape[1] // blocks[1]
        assert np.array_equal(tensor.blocks.of_weights()[:, size - 1], tensor.blocks.scale[:, 0])
    assert [layer.frozen is not None for layer in model.layers] == [True] * 3
    assert model.unsupported == ()


def broken(change):
    """The spec of one blockwise layer [8, 64] after ``change`` of it and its scales."""
    _, spec = specs((64, 8))
    weights, scales = spec.tensors[1], spec.tensors[4]
    change(spec, weights, scales)
    return build(spec)


def names(scales=4, zero_points=-1, size=32):
    return lambda _spec, weights, _scales: setattr(weights, "blocks", (scales, zero_points, size))


def to(**values):
    return lambda _spec, _weights, scales: [setattr(scales, n, v) for n, v in values.items()]


def one_scale(value):
    def change(_spec, _weights, scales):
        scales.data = scales.data.copy()
        scales.data[3, 1] = value

    return change


def zero_points(value):
    def change(spec, weights, _scales):
        spec.tensors.append(TensorSpec("z", (8, 2), "INT32", np.full((8, 2), value, "<i4")))
        weights.blocks = (4, len(spec.tensors) - 1, 32)

    return change


def int8(_spec, weights, _scales):
    weights.type, weights.data = "INT8", np.ones((8, 64), np.int8)


def computed(_spec, weights, _scales):
    weights.data = None


MALFORMED = {
    "a block that does not divide": (names(size=48), "blocks of 48 weights do not divide its shape .8, 64."),
    "a block of nothing": (names(size=0), "blocks of 0 weights"),
    "a negative block": (names(size=-32), "blocks of -32 weights"),
    "other blocks than scales": (names(size=64), "have shape .8, 2., not .8, 1."),
    "scales that do not exist": (names(scales=99), "block scales, tensor 99, do not exist"),
    "negative scales' number": (names(scales=-1), "block scales, tensor -1, do not exist"),
    "zero-points that do not exist": (names(zero_points=99), "zero-points, tensor 99, do not exist"),
    "scales in a row": (to(shape=(16,)), "have shape .16., not .8, 2."),
    "scales without values": (to(data=None), "are not a constant"),
    "a scale of 0": (one_scale(0), "have 0.0 for block 1 of channel 3; it must be positive"),
    "a negative scale": (one_scale(-0.5), "have -0.5 for block 1"),
    "a scale that is no number": (one_scale(np.nan), "have nan for block 1"),
    "an infinite scale": (one_scale(np.inf), "have inf for block 1"),
}  # fmt: skip

UNSUPPORTED = {
    "float32 scales": (to(type="FLOAT32", data=np.ones((8, 2), "<f4")), "are FLOAT32, not FLOAT16"),
    "zero-points": (zero_points(3), "zero-points, tensor 5 'z', are not all 0"),
    "int8 weights": (int8, "a constant of INT8 .8, 64.; only constant int4 matrices"),
    "computed weights": (computed, "computed or fed values of INT4"),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_blocks_are_refused_by_tensor(what):
    change, message = MALFORMED[what]
    data = broken(change)
    with pytest.raises(MalformedModelError, match=f"tensor 1 'w0': .*{message}"):
        read(data)
    with pytest.raises(BadInputError):
        read_graph(data)


@pytest.mark.parametrize("what", UNSUPPORTED)
def test_other_forms_of_blocks_are_refused_by_tensor(what):
    change, message = UNSUPPORTED[what]
    data = broken(change)
    with pytest.raises(UnsupportedModelError, match=f"tensor 1 'w0': .*{message}"):
        read(data)
    with pytest.raises(UnsupportedModelError):
        read_graph(data)


def test_zero_points_of_0_are_none():
    same(broken(zero_points(0)))
    assert read(broken(zero_points(0))).tensors[1].blocks.size == 32


def test_weights_and_scales_are_edited_by_value_and_byte():
    base = read(pair((64, 8))[1])
    weights, scales = base.tensors[1].constant().copy(), base.tensors[4].constant().copy()
    weights[2, 5], scales[2, 0] = (weights[2, 5] + 9) % 8 - 8, scales[2, 0] * 2
    edits = [data_edit(base, 1, weights), data_edit(base, 4, scales)]
    other = patched(base, edits)
    assert len(other.data) == len(base.data)
    assert other.tensors[1].blocks.scale[2, 0] == 2 * base.tensors[1].blocks.scale[2, 0]
    delta = diff(base, other)
    assert [(e.tensor, e.index.tolist()) for e in delta.edits] == [(1, [2 * 64 + 5]), (4, [4])]
    assert apply(base.data, delta, base) == other.data
    with pytest.raises(BadInputError, match="not quantized"):
        find_field(base, 1, Field.SCALE)


def test_a_file_of_one_operator_is_not_written_without_its_scales():
    model = read(pair((64, 8))[1])
    with pytest.raises(UnsupportedModelError, match="tensor 1 't*w0' has a scale for each block"):
        one_operator(model, model.operators[0], {})


def test_the_float_twin_has_the_weights_that_the_blocks_mean():
    reference, blockwise = specs((64, 8))
    values, scales = quantized(reference.tensors[1].data.astype(np.float64))
    twin = read(in_float(read(build(blockwise))))
    real = values * np.repeat(scales.astype(np.float64), 32, axis=1)
    assert np.array_equal(twin.tensors[1].constant(), real.astype(np.float32))
    assert twin.tensors[1].blocks is None


def test_the_model_of_a_reader_is_frozen():
    tensor = read(pair((64, 8))[1]).tensors[1]
    assert replace(tensor, name="other").blocks is tensor.blocks
