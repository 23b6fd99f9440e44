"""Where the bytes of constants lie in a verified file, and which tensors share them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MalformedModelError
from mendlite.model.tensor import BufferRef, DType

PACKED = {DType.INT4: 2, DType.UINT4: 2, DType.INT2: 4}
"""Types of which several elements share a byte."""

Place = tuple[int, int]
"""First byte in the file, and how many."""


def offset_in(data: bytes, view: NDArray[np.generic]) -> int:
    """File offset of a numpy view into ``data``."""
    start = np.frombuffer(data, np.uint8).__array_interface__["data"][0]
    return int(view.__array_interface__["data"][0] - start)


def places_of(data: bytes, model: Any) -> tuple[Place | None, ...]:
    """Where the bytes of each buffer of a verified ``tflite.Model`` lie; None for one without.

    As InterpreterBuilder::ParseTensors of TFLite: in the flatbuffer, or at ``offset`` where that
    is above 1. Buffer 0 is empty by definition.
    """
    buffers = [model.Buffers(number) for number in range(1, model.BuffersLength())]
    return (None, *(_place_of(data, raw) for raw in buffers))


def _place_of(data: bytes, raw: Any) -> Place | None:
    """Where the bytes of a ``tflite.Buffer`` lie."""
    if raw.Offset() > 1:
        return int(raw.Offset()), int(raw.Size())
    if raw.DataLength() == 0:
        return None
    view = raw.DataAsNumpy()
    return offset_in(data, view), int(view.size)


def lies_behind(model: Any) -> bool:
    """Whether any bytes of a verified ``tflite.Model`` lie behind its flatbuffer."""
    return any(model.Buffers(i).Offset() > 1 for i in range(model.BuffersLength()))


def behind_notes(model: Any) -> tuple[str, ...]:
    """The report's note on a file whose constants lie behind the flatbuffer."""
    if not lies_behind(model):
        return ()
    note = (
        "constants lie behind the flatbuffer: LiteRT and mendlite's firmware read them there, "
        "TFLite Micro does not and takes them for zeros"
    )
    return (note,)


def sharers(
    places: Sequence[Place | None], tensors: Sequence[Any]
) -> Mapping[Place, tuple[int, ...]]:
    """Tensors by the bytes that they read; two buffers may name the same bytes."""
    found: dict[Place, list[int]] = defaultdict(list)
    for index, tensor in enumerate(tensors):
        number = tensor.Buffer()
        place = places[number] if number < len(places) else None
        if place is not None:
            found[place].append(index)
    return {place: tuple(tensors) for place, tensors in found.items()}


def read_buffer(
    places: Sequence[Place | None],
    number: int,
    shared: Mapping[Place, tuple[int, ...]],
    place: str,
) -> BufferRef | None:
    """The buffer of a tensor; None where it has no bytes.

    Raises MalformedModelError where the buffer does not exist.
    """
    if number >= len(places):
        raise MalformedModelError(f"{place}: it names buffer {number} of {len(places)} buffers")
    found = places[number]
    if found is None or found[1] == 0:
        return None
    return BufferRef(index=number, offset=found[0], size=found[1], tensors=shared[found])


def read_values(
    data: bytes, buffer: BufferRef, shape: tuple[int, ...], dtype: DType, place: str
) -> NDArray[np.generic] | None:
    """The constant as a read-only view; None for a type that numpy does not have.

    Raises MalformedModelError where the buffer's size is not that of the shape.
    """
    count = prod(shape)
    storage = dtype.numpy
    if storage is None and dtype not in PACKED:
        return None
    size = count * storage.itemsize if storage is not None else -(-count // PACKED[dtype])
    if buffer.size != size:
        raise MalformedModelError(
            f"{place}: buffer {buffer.index} has {buffer.size} bytes, but {dtype.value} "
            f"{list(shape)} takes {size}"
        )
    if storage is None:
        return None
    return np.frombuffer(data, storage, count, buffer.offset).reshape(shape)
