"""Requests and answers, sound and cut off."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.wire import messages
from mendlite.wire.messages import (
    Area,
    Capability,
    Hello,
    Loaded,
    MalformedAnswerError,
    ModelSource,
    RunProgress,
    Status,
)

U8, U16, U32 = st.integers(0, 255), st.integers(0, 65535), st.integers(0, 2**32 - 1)
I32 = st.integers(-(2**31), 2**31 - 1)
TEXT = st.text(st.characters(max_codepoint=127), max_size=255)

HELLO = struct.pack("<BBBIHII", 0, 1, 1, 29, 2048, 4096, 0) + b"\x04host" + b"\x03int"
LOADED = struct.pack("<BbiIIII", 0, 0, -1, 2656, 4096, 64, 10)
RAN = struct.pack("<BHIII", 0, 3, 4, 5, 6)
FRONTIER = struct.pack("<BI", 0, 7)

READERS = {
    "hello": (messages.read_hello, HELLO),
    "loaded": (messages.read_loaded, LOADED),
    "ran": (messages.read_ran, RAN),
    "frontier": (messages.read_frontier, FRONTIER),
}
each_reader = pytest.mark.parametrize(("reader", "payload"), READERS.values(), ids=READERS)


@each_reader
def test_sound_answers_are_read(reader, payload):
    reader(payload)


@each_reader
def test_every_answer_that_is_cut_off_is_refused(reader, payload):
    for size in range(len(payload)):
        with pytest.raises(MalformedAnswerError):
            reader(payload[:size])


@each_reader
def test_bytes_behind_an_answer_are_refused(reader, payload):
    for size in range(1, 5):
        with pytest.raises(MalformedAnswerError):
            reader(payload + bytes(size))


@pytest.mark.parametrize("size", range(5))
def test_a_chunk_without_its_offset_is_refused(size):
    with pytest.raises(MalformedAnswerError):
        messages.read_chunk(bytes(size))


@given(st.binary(max_size=80))
def test_no_bytes_raise_anything_else(data):
    readers = [reader for reader, _ in READERS.values()]
    for reader in (*readers, messages.read_chunk, messages.status_of):
        with suppress(MalformedAnswerError):
            reader(data)


@pytest.mark.parametrize("payload", [b"", b"\x02", b"\xf5", b"\x7f", b"\x80"])
def test_a_status_that_is_none(payload):
    with pytest.raises(MalformedAnswerError, match="a status that is none"):
        messages.status_of(payload)


@pytest.mark.parametrize("status", Status)
def test_every_status(status):
    assert messages.status_of(struct.pack("<b", status) + b"rest") is status


def test_a_model_status_that_is_none():
    with pytest.raises(MalformedAnswerError, match="-77"):
        messages.read_loaded(struct.pack("<BbiIIII", 0, -77, -1, 0, 0, 0, 0))


def test_a_hello_whose_name_is_no_ascii():
    with pytest.raises(MalformedAnswerError, match="a malformed HELLO response"):
        messages.read_hello(HELLO.replace(b"host", b"h\xc3\xb6t"))


def test_a_hello_whose_name_runs_past_the_end():
    with pytest.raises(MalformedAnswerError, match="cut off"):
        messages.read_hello(HELLO.replace(b"\x04host", b"\xf0host"))


HELLOS = st.builds(
    Hello,
    version=U8,
    fresh=st.booleans(),
    capabilities=st.integers(0, 63).map(Capability),
    payload=U16,
    memory=U32,
    flash=U32,
    board=TEXT,
    engine=TEXT,
)


@given(HELLOS)
def test_hello(hello):
    sent = struct.pack(
        "<BBBIHII",
        0,
        hello.version,
        hello.fresh,
        hello.capabilities,
        hello.payload,
        hello.memory,
        hello.flash,
    )
    for text in (hello.board, hello.engine):
        sent += bytes([len(text)]) + text.encode("ascii")
    assert messages.read_hello(sent) == hello


def test_a_capability_of_a_later_board_is_let_through():
    later = messages.read_hello(HELLO.replace(struct.pack("<I", 29), struct.pack("<I", 29 | 4096)))
    assert Capability.PATCH in later.capabilities


@given(
    st.builds(
        Loaded,
        status=st.sampled_from(Status),
        failed_operator=I32,
        arena=U32,
        free=U32,
        input=U32,
        output=U32,
    )
)
def test_loaded(loaded):
    numbers = (loaded.arena, loaded.free, loaded.input, loaded.output)
    sent = struct.pack("<BbiIIII", 0, loaded.status, loaded.failed_operator, *numbers)
    assert messages.read_loaded(sent) == loaded


@given(U16, U32, U32, U32)
def test_ran(done, micros, size, crc):
    sent = struct.pack("<BHIII", 1, done, micros, size, crc)
    assert messages.read_ran(sent) == RunProgress(done=done, micros=micros, size=size, crc=crc)


@given(U32, st.binary(max_size=50))
def test_chunks(offset, data):
    assert messages.read_chunk(b"\x00" + messages.data_request(offset, data)) == (offset, data)


@given(U8, U16, U32, U32, st.lists(I32, max_size=64))
def test_requests(number, run, size, crc, tensors):
    """As the firmware reads them."""
    assert struct.unpack("<BB", messages.hello_request(number)) == (messages.VERSION, number)
    assert struct.unpack("<BII", messages.begin_request(Area.SAMPLES, size, crc)) == (1, size, crc)
    asked = messages.load_request(ModelSource.FLASH, 2, size, crc)
    assert struct.unpack("<BBII", asked) == (1, 2, size, crc)
    asked = messages.run_request(run, run, crc, tensors)
    assert struct.unpack(f"<HHI{len(tensors)}i", asked) == (run, run, crc, *tensors)
    asked = messages.read_request(Area.RESULTS, run, size, run)
    assert struct.unpack("<BHIH", asked) == (2, run, size, run)


@given(U32, st.binary(max_size=255).map(lambda old: (old, bytes(reversed(old)))))
def test_patches(offset, edit):
    old, new = edit
    asked = messages.patch_request(offset, old, new)
    assert struct.unpack_from("<IB", asked) == (offset, len(old))
    assert asked[5:] == old + new


def test_a_patch_that_is_too_long():
    with pytest.raises(struct.error):
        messages.patch_request(0, bytes(256), bytes(256))
