"""A file that is read again after edits is what reading it whole gives."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import block_models
import stored_float_models
import svdf_models
from mendlite.errors import MalformedModelError
from mendlite.model.delta import Field
from mendlite.tflite import reread as module
from mendlite.tflite.edits import field_edit
from mendlite.tflite.fields import find_field
from mendlite.tflite.patched import patched
from mendlite.tflite.reader import read
from small_networks import residual_spec
from tiny_models import build, conv_spec, dense_spec, float_twin, transpose_conv_spec

SPECS = {
    "dense": dense_spec,
    "conv": conv_spec,
    "transposed": transpose_conv_spec,
    "residual": lambda: residual_spec(0),
    "stored floats": stored_float_models.half_spec,
    "svdf": svdf_models.svdf_spec,
    "blocks": lambda: block_models.specs((32, 16, 4), block=16)[1],
}


def differing(one, other, place=""):
    """Where two values differ, in their types or anything inside."""
    if type(one) is not type(other):
        yield f"{place}: {type(one)}, {type(other)}"
    elif is_dataclass(one):
        for field in fields(one):
            yield from differing(
                getattr(one, field.name), getattr(other, field.name), f"{place}.{field.name}"
            )
    elif isinstance(one, np.ndarray):
        same = one.dtype == other.dtype and one.shape == other.shape
        if not same or one.tobytes() != other.tobytes() or one.flags.writeable:
            yield place
    elif isinstance(one, tuple):
        if len(one) != len(other):
            yield f"{place}: {len(one)}, {len(other)}"
        for n, pair in enumerate(zip(one, other, strict=False)):
            yield from differing(*pair, f"{place}[{n}]")
    elif one != other:
        yield place


def editable(model):
    """All fields of all tensors that an edit may change: (tensor, field, place)."""
    for tensor in model.tensors:
        if tensor.buffer is not None and tensor.data is not None:
            yield tensor.index, Field.DATA
        if tensor.quant is not None:
            yield tensor.index, Field.SCALE
            if tensor.quant.zero_point_offset is not None:
                yield tensor.index, Field.ZERO_POINT


def changed(model, tensor, field, rng):
    """An edit of some values of a field."""
    values = find_field(model, tensor, field).read(model.data).copy()
    chosen = rng.random(values.size) < 0.5
    if field is Field.SCALE:
        values[chosen] *= np.float32(1.25)
    elif field is Field.ZERO_POINT:
        values[chosen] = rng.integers(-3, 4)
    elif values.dtype.kind in "iu":
        values[chosen] = rng.integers(0, 7)
    else:
        values[chosen] *= values.dtype.type(0.5)
    return field_edit(model, tensor, field, values)


@pytest.mark.parametrize("name", SPECS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_edits_of_any_vectors(name, seed):
    rng = np.random.default_rng(seed)
    model = read(build(SPECS[name]()))
    for _ in range(2):
        places, edits = {}, []
        for tensor, field in editable(model):
            if rng.random() < 0.3:
                places[find_field(model, tensor, field).offset] = tensor, field
        for tensor, field in places.values():
            edits.append(changed(model, tensor, field, rng))
        model = patched(model, edits)
        assert not list(differing(model, read(model.data), "model"))


def test_values_that_no_file_may_have_are_errors():
    model = read(build(dense_spec()))
    tensor = next(t.index for t in model.tensors if t.quant is not None)
    for field, value in ((Field.SCALE, np.float32(-1)), (Field.ZERO_POINT, np.int64(128))):
        values = np.full_like(find_field(model, tensor, field).read(model.data), value)
        with pytest.raises(MalformedModelError, match=f"tensor {tensor} "):
            patched(model, [field_edit(model, tensor, field, values)])


def test_constants_in_memory_alone_are_not_kept():
    model = read(build(float_twin(dense_spec())))
    index = next(t.index for t in model.tensors if t.buffer is not None)
    shape = model.tensors[index].shape
    other = model.with_float_constants({index: np.full(shape, 7, np.float32)})
    assert not list(differing(patched(other, []), model, "model"))


def test_a_usual_file_is_not_read_whole(monkeypatch):
    model = read(build(conv_spec()))
    tensor = next(t.index for t in model.tensors if t.quant is not None)
    values = find_field(model, tensor, Field.SCALE).read(model.data)
    edit = field_edit(model, tensor, Field.SCALE, values * np.float32(2))
    monkeypatch.delattr(module, "read_verified")
    assert patched(model, [edit]).tensors[tensor].scale == 2 * model.tensors[tensor].scale
