"""Where the bytes of constants lie in a verified file, and which tensors share them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.packing import unpack
from mendlite.errors import MalformedModelError
from mendlite.model.tensor import BufferRef, DType
from mendlite.tflite.verified_table import VerifiedTable

PACKED = {DType.INT4: 2, DType.UINT4: 2, DType.INT2: 4}
"""Types of which several elements share a byte."""

Place = tuple[int, int]
"""First byte in the file, and how many."""


def places_of(model: VerifiedTable) -> tuple[Place | None, ...]:
    """Where the bytes of each buffer of a ``Model`` lie; None for one without.

    As InterpreterBuilder::ParseTensors of TFLite: in the flatbuffer, or at ``offset`` where that
    is above 1. Buffer 0 is empty by definition.
    """
    return (None, *(_place_of(raw) for raw in model.children("buffers")[1:]))


def _place_of(raw: VerifiedTable) -> Place | None:
    """Where the bytes of a ``Buffer`` lie."""
    offset = raw.scalar("offset", "Q")
    if offset > 1:
        return int(offset), int(raw.scalar("size", "Q"))
    begin, count = raw.vector("data")
    return (begin, count) if count else None


def lies_behind(model: VerifiedTable) -> bool:
    """Whether any bytes of a ``Model`` lie behind its flatbuffer."""
    return any(raw.scalar("offset", "Q") > 1 for raw in model.children("buffers"))


def behind_notes(model: VerifiedTable) -> tuple[str, ...]:
    """The report's note on a file whose constants lie behind the flatbuffer."""
    if not lies_behind(model):
        return ()
    note = (
        "constants lie behind the flatbuffer: LiteRT and mendlite's firmware read them there, "
        "TFLite Micro does not and takes them for zeros"
    )
    return (note,)


def sharers(
    places: Sequence[Place | None], tensors: Sequence[VerifiedTable]
) -> Mapping[Place, tuple[int, ...]]:
    """Tensors by the bytes that they read; two buffers may name the same bytes."""
    readers: dict[Place, list[int]] = defaultdict(list)
    for index, tensor in enumerate(tensors):
        number = tensor.scalar("buffer", "I")
        place = places[number] if number < len(places) else None
        if place is not None:
            readers[place].append(index)
    return {place: tuple(tensors) for place, tensors in readers.items()}


def read_buffer(
    places: Sequence[Place | None],
    number: int,
    shared: Mapping[Place, tuple[int, ...]],
    users: Mapping[Place, tuple[str, ...]],
    place: str,
) -> BufferRef | None:
    """The buffer of a tensor; None where it has no bytes. ``users``: other signatures by place.

    Raises MalformedModelError where the buffer does not exist.
    """
    if number >= len(places):
        raise MalformedModelError(f"{place}: it names buffer {number} of {len(places)} buffers")
    location = places[number]
    if location is None or location[1] == 0:
        return None
    return BufferRef(
        index=number,
        offset=location[0],
        size=location[1],
        tensors=shared[location],
        elsewhere=users.get(location, ()),
    )


def _int4(data: bytes, buffer: BufferRef, count: int) -> NDArray[np.int8]:
    values = unpack(np.frombuffer(data, np.uint8, buffer.size, buffer.offset), count)
    values.flags.writeable = False
    return values


def read_values(
    data: bytes, buffer: BufferRef, shape: tuple[int, ...], dtype: DType, place: str
) -> NDArray[np.generic] | None:
    """The constant as a read-only view; None for a type that numpy does not have.

    INT4 is unpacked to int8.

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
    if dtype is DType.INT4:
        return _int4(data, buffer, count).reshape(shape)
    if storage is None:
        return None
    return np.frombuffer(data, storage, count, buffer.offset).reshape(shape)
