"""Read the tensors of a verified file: types, shapes, quantization, where the bytes lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from mendlite.errors import MalformedModelError
from mendlite.model.graph import Operator
from mendlite.model.tensor import DType, Tensor
from mendlite.tflite.buffers import Place, read_buffer, read_values, sharers
from mendlite.tflite.quantization import axis_of, names_no_axis, read_quant
from mendlite.tflite.sparse import dense_values
from mendlite.tflite.verified_table import VerifiedTable

TYPES = tuple(DType)
"""Element types by their number in the schema; DType lists them in that order."""

ELEMENTS_AT_MOST = 2**31
RANK_AT_MOST = 8


def _describe(index: int, name: str) -> str:
    return f"tensor {index} '{name}'"


def text(raw: bytes) -> str:
    """A string of the file; bytes that are not UTF-8 and control characters are shown escaped."""
    decoded = raw.decode("utf-8", "backslashreplace")
    if decoded.isprintable():
        return decoded
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in decoded)


def _shape(raw: VerifiedTable, place: str) -> tuple[int, ...]:
    shape = raw.integers("shape")
    if len(shape) > RANK_AT_MOST or any(d < 0 for d in shape):
        raise MalformedModelError(f"{place}: its shape {list(shape[:9])} is impossible")
    size = prod(shape)
    if size > ELEMENTS_AT_MOST:
        raise MalformedModelError(f"{place}: its shape {list(shape)} has {size} elements")
    return shape


def _dtype(raw: VerifiedTable, place: str) -> DType:
    number = int(raw.scalar("type", "b"))
    if not 0 <= number < len(TYPES):
        raise MalformedModelError(f"{place}: element type {number} is unknown")
    return TYPES[number]


def _tensor(
    raw: VerifiedTable,
    index: int,
    places: Sequence[Place | None],
    shared: Mapping[Place, tuple[int, ...]],
    users: Mapping[Place, tuple[str, ...]],
) -> Tensor:
    name = text(raw.text("name"))
    place = _describe(index, name)
    shape, dtype = _shape(raw, place), _dtype(raw, place)
    buffer = read_buffer(places, raw.scalar("buffer", "I"), shared, users, place)
    sparse = raw.where("sparsity") > 0
    values = None
    if buffer is not None and not sparse:
        values = read_values(raw.data, buffer, shape, dtype, place)
    return Tensor(
        index=index,
        name=name,
        shape=shape,
        dtype=dtype,
        quant=read_quant(raw, shape, dtype, place),
        buffer=buffer,
        data=values,
        is_variable=raw.scalar("is_variable", "?", 0) != 0,
        sparse=sparse,
        dense=dense_values(raw, buffer, shape, dtype, place) if buffer and sparse else None,
    )


def read_tensors(
    raw: Sequence[VerifiedTable],
    places: Sequence[Place | None],
    users: Mapping[Place, tuple[str, ...]],
) -> tuple[Tensor, ...]:
    """All tensors of one subgraph; ``places`` are those of the file's buffers.

    ``users`` are the other signatures that read the bytes at a place, in words.

    Raises MalformedModelError, naming the tensor, where a value is impossible.
    """
    shared = sharers(places, raw)
    return tuple(_tensor(one, index, places, shared, users) for index, one in enumerate(raw))


def with_empty_constants(
    tensors: tuple[Tensor, ...], operators: Sequence[Operator], inputs: Sequence[int]
) -> tuple[Tensor, ...]:
    """The tensors, those without elements that nothing writes as constants of no values.

    An empty shape tensor (RESHAPE to a scalar) has no bytes for a buffer to hold.
    """
    written = {t for operator in operators for t in operator.outputs} | set(inputs)
    return tuple(
        replace(tensor, data=np.zeros(tensor.shape, tensor.dtype.numpy))
        if 0 in tensor.shape
        and tensor.index not in written
        and tensor.data is None
        and tensor.dtype.numpy is not None
        else tensor
        for tensor in tensors
    )


def axis_notes(raw: Sequence[VerifiedTable], tensors: Sequence[Tensor]) -> tuple[str, ...]:
    """The report's note on vectors whose scales run over an axis that they do not have."""
    vectors = [t for t in tensors if names_no_axis(raw[t.index], t.shape)]
    if not vectors:
        return ()
    first = vectors[0]
    axis = axis_of(raw[first.index])
    which = _describe(first.index, first.name)
    more = f" and {len(vectors) - 1} more" if len(vectors) > 1 else ""
    note = (
        f"{which}{more}: the file names quantized dimension {axis} of a vector; read as 0, as "
        "TFLite Micro does. LiteRT refuses such a file"
    )
    return (note,)
