"""Truncated, damaged and hostile files end in one kind of error, quickly."""

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.errors import BadInputError, MalformedModelError
from mendlite.tflite.reader import read
from mendlite.tflite.verify_flatbuffer import verify_flatbuffer
from tiny_models import build, conv_spec, dense_spec

GOOD = build(dense_spec())
CONV = build(conv_spec())


def survives(data):
    try:
        read(data)
    except BadInputError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is allowed


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\0" * 8, b"\0\0\0\0TFL3", GOOD[4:], b"x" * 500])
def test_what_is_no_tflite(data):
    with pytest.raises(MalformedModelError):
        read(data)


def test_every_truncation():
    for length in range(0, len(GOOD) - 1, 3):
        survives(GOOD[:length])


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_any_byte_changed(at, value):
    survives(GOOD[:at] + bytes([value]) + GOOD[at + 1 :])


@given(st.integers(0, len(CONV) // 4 - 1), st.integers(0, 2**32 - 1))
def test_any_word_changed(word, value):
    survives(CONV[: 4 * word] + struct.pack("<I", value) + CONV[4 * word + 4 :])


@given(st.lists(st.tuples(st.integers(0, len(GOOD) // 4 - 1), st.sampled_from(
    [0, 1, 4, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC])), min_size=1, max_size=6))  # fmt: skip
def test_hostile_words(changes):
    data = bytearray(GOOD)
    for word, value in changes:
        struct.pack_into("<I", data, 4 * word, value)
    survives(bytes(data))


def hostile_sharing(count):
    """`count` subgraphs that are all one and the same, each with `count` equal operator lists."""
    data = bytearray(b"\0" * 8 + b"")
    data[4:8] = b"TFL3"

    def table(fields):
        """Append a vtable and a table of u32 fields; returns where each field stands."""
        vtable = len(data)
        data.extend(struct.pack("<HH", 4 + 2 * len(fields), 4 + 4 * len(fields)))
        data.extend(
            struct.pack(f"<{len(fields)}H", *[4 + 4 * i if f else 0 for i, f in enumerate(fields)])
        )
        data.extend(b"\0" * (-len(data) % 4))
        at = len(data)
        data.extend(struct.pack("<i", at - vtable))
        data.extend(b"\0" * 4 * len(fields))
        return at

    def point(field, to):
        struct.pack_into("<I", data, field, to - field)

    model = table([False, False, True])
    struct.pack_into("<I", data, 0, model)
    graphs = len(data)
    data.extend(struct.pack("<I", count) + b"\0" * 4 * count)
    point(model + 12, graphs)
    graph = table([True])
    for i in range(count):
        point(graphs + 4 + 4 * i, graph)
    tensors = len(data)
    data.extend(struct.pack("<I", count) + b"\0" * 4 * count)
    point(graph + 4, tensors)
    tensor = table([True])
    for i in range(count):
        point(tensors + 4 + 4 * i, tensor)
    shape = len(data)
    data.extend(struct.pack("<I", count) + b"\0" * 4 * count)
    point(tensor + 4, shape)
    return bytes(data)


def test_tables_shared_a_million_times_are_refused_at_once():
    start = time.perf_counter()
    with pytest.raises(MalformedModelError, match="more than"):
        verify_flatbuffer(hostile_sharing(20_000))
    assert time.perf_counter() - start < 20


def test_a_huge_vector_is_refused():
    data = bytearray(GOOD)
    # The largest vector count that fits a u32, everywhere a count of 2 stands.
    for at in range(0, len(data) - 4, 4):
        if data[at : at + 4] == struct.pack("<I", 2):
            struct.pack_into("<I", data, at, 0xFFFFFFFF)
    with pytest.raises(MalformedModelError):
        read(bytes(data))
