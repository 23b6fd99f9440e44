"""Frames that were damaged, cut and put together."""

import zlib

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from mendlite.wire import frame as frames
from mendlite.wire.frame import END, Frame, Splitter, decode, encode, encoded_size

FRAMES = st.builds(
    Frame,
    type=st.integers(0, 255),
    session=st.integers(0, 255),
    sequence=st.integers(0, 65535),
    payload=st.one_of(
        st.binary(max_size=600),
        st.integers(240, 520).map(bytes),
        st.integers(240, 520).map(lambda n: b"\xff" * n),
    ),
)
SAMPLE = Frame(type=5, session=33, sequence=0x0403, payload=bytes(i % 97 for i in range(300)))


def test_by_hand():
    frame = Frame(type=1, session=0x21, sequence=0x0403, payload=b"\x01\x00")
    body = b"\x01\x21\x03\x04\x01\x00"
    crc = zlib.crc32(body).to_bytes(4, "little")
    assert 0 not in crc
    assert encode(frame) == b"\x06\x01\x21\x03\x04\x01\x05" + crc + b"\x00"


@given(FRAMES)
def test_what_is_encoded_is_decoded(frame):
    encoded = encode(frame)
    assert encoded.index(END) == len(encoded) - 1
    assert len(encoded) <= encoded_size(len(frame.payload))
    assert decode(encoded[:-1]) == frame


def test_every_flipped_bit_is_noticed():
    sound = encode(SAMPLE)
    for bit in range(8 * len(sound)):
        damaged = bytearray(sound)
        damaged[bit // 8] ^= 1 << bit % 8
        # A zero that came about ends a frame early; one that went needs another end.
        found = list(Splitter().take(bytes(damaged) + bytes([END])))
        assert found
        assert set(found) == {None}


@given(FRAMES, st.data())
def test_a_lost_or_a_doubled_byte_is_noticed(frame, data):
    sound = encode(frame)
    at = data.draw(st.integers(0, len(sound) - 2))
    lost = sound[:at] + sound[at + 1 :]
    doubled = sound[: at + 1] + sound[at:]
    for damaged in (lost, doubled):
        found = list(Splitter().take(damaged))
        # Two bytes alike may stand side by side: the same frame is no damage.
        assert found == [None] or damaged == sound


@given(st.binary(max_size=400))
def test_no_bytes_raise(data):
    assert decode(data) is None or data == encode(decode(data))[:-1]
    list(Splitter().take(data))


@pytest.mark.parametrize("size", range(frames.BARE))
def test_too_short_for_a_frame(size):
    assert decode(cobs.encode(b"\x01" * size)) is None


def test_a_frame_of_nothing_is_none():
    assert list(Splitter().take(bytes(5))) == []


@given(st.lists(FRAMES, max_size=6), st.data())
def test_any_cut_gives_the_same_frames(sent, data):
    line = b"".join(encode(frame) for frame in sent)
    splitter, found = Splitter(), []
    while line:
        size = data.draw(st.integers(1, len(line)))
        found += splitter.take(line[:size])
        line = line[size:]
    assert found == sent


@given(FRAMES, st.binary(max_size=50))
def test_a_frame_behind_garbage_and_an_end_is_found(frame, garbage):
    assert list(Splitter().take(garbage + bytes([END]) + encode(frame)))[-1] == frame


def test_a_babbler_does_not_fill_the_memory():
    splitter, found = Splitter(), []
    for _ in range(40):
        found += splitter.take(b"x" * 10_000)
    assert found
    assert set(found) == {None}
    assert len(splitter._waiting) <= frames.LONGEST
    assert list(splitter.take(bytes([END]) + encode(SAMPLE)))[-1] == SAMPLE
