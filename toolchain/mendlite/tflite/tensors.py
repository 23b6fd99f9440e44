"""Read the tensors of a verified file: types, shapes, quantization, where the bytes lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from mendlite.errors import MalformedModelError
from mendlite.model.graph import Operator
from mendlite.model.tensor import DType, Tensor
from mendlite.tflite.buffers import Place, places_of, read_buffer, read_values, sharers
from mendlite.tflite.quantization import names_no_axis, read_quant

TYPES = tuple(DType)
"""Element types by their number in the schema; DType lists them in that order."""

ELEMENTS_AT_MOST = 2**31
RANK_AT_MOST = 8


def _describe(index: int, name: str) -> str:
    return f"tensor {index} '{name}'"


def _ints(table: Any, field: str) -> tuple[int, ...]:
    vector = getattr(table, f"{field}AsNumpy")()
    return () if isinstance(vector, int) else tuple(vector.tolist())


def text(raw: bytes | None) -> str:
    """A string of the file; bytes that are not UTF-8 and control characters are shown escaped."""
    decoded = (raw or b"").decode("utf-8", "backslashreplace")
    if decoded.isprintable():
        return decoded
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in decoded)


def _shape(raw: Any, place: str) -> tuple[int, ...]:
    shape = _ints(raw, "Shape")
    if len(shape) > RANK_AT_MOST or any(d < 0 for d in shape):
        raise MalformedModelError(f"{place}: its shape {list(shape[:9])} is impossible")
    size = prod(shape)
    if size > ELEMENTS_AT_MOST:
        raise MalformedModelError(f"{place}: its shape {list(shape)} has {size} elements")
    return shape


def _dtype(raw: Any, place: str) -> DType:
    number = int(raw.Type())
    if not 0 <= number < len(TYPES):
        raise MalformedModelError(f"{place}: element type {number} is unknown")
    return TYPES[number]


def _tensor(
    data: bytes,
    raw: Any,
    index: int,
    places: Sequence[Place | None],
    shared: Mapping[Place, tuple[int, ...]],
) -> Tensor:
    name = text(raw.Name())
    place = _describe(index, name)
    shape, dtype = _shape(raw, place), _dtype(raw, place)
    buffer = read_buffer(places, raw.Buffer(), shared, place)
    sparse = raw.Sparsity() is not None
    values = None
    if buffer is not None and not sparse:
        values = read_values(data, buffer, shape, dtype, place)
    return Tensor(
        index=index,
        name=name,
        shape=shape,
        dtype=dtype,
        quant=read_quant(data, raw, shape, dtype, place),
        buffer=buffer,
        data=values,
        is_variable=bool(raw.IsVariable()),
        sparse=sparse,
    )


def read_tensors(data: bytes, model: Any, raw: Sequence[Any]) -> tuple[Tensor, ...]:
    """All tensors of one subgraph of a verified ``tflite.Model``, from its ``tflite.Tensor``.

    Raises MalformedModelError, naming the tensor, where a value is impossible.
    """
    places = places_of(data, model)
    shared = sharers(places, raw)
    return tuple(_tensor(data, one, index, places, shared) for index, one in enumerate(raw))


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


def axis_notes(raw: Sequence[Any], tensors: Sequence[Tensor]) -> tuple[str, ...]:
    """The report's note on vectors whose scales run over an axis that they do not have."""
    found = [t for t in tensors if names_no_axis(raw[t.index], t.shape)]
    if not found:
        return ()
    first = found[0]
    axis = raw[first.index].Quantization().QuantizedDimension()
    which = _describe(first.index, first.name)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    note = (
        f"{which}{more}: the file names quantized dimension {axis} of a vector; read as 0, as "
        "TFLite Micro does. LiteRT refuses such a file"
    )
    return (note,)
