"""Bulk bytes over lines that lose, double and shuffle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.wire.transfer import CLEAN, SMALLEST, ChunkSize, Download, Upload

SHARES = st.floats(0, 0.4)


class Store:
    """The board's side of an upload: in order, and a frontier for an answer."""

    def __init__(self, size):
        self.data, self.frontier = bytearray(size), 0

    def take(self, offset, chunk):
        if offset <= self.frontier < offset + len(chunk):
            self.data[offset : offset + len(chunk)] = chunk
            self.frontier = offset + len(chunk)
        return self.frontier


def carried(items, share, rng):
    """What comes of the items on a bad line."""
    found = []
    for item in items:
        if rng.random() >= share:
            found.append(item)
        if rng.random() < share:
            found.append(item)
    if rng.random() < share:
        rng.shuffle(found)
    return found


@given(st.binary(max_size=4000), SHARES, st.randoms(use_true_random=True), st.integers(1, 5))
def test_an_upload_arrives(data, share, rng, window):
    store = Store(len(data))
    upload = Upload(data=data, chunk=ChunkSize(most=512))
    for _ in range(100_000):
        if upload.finished:
            break
        chunks = [chunk for _ in range(window) if (chunk := upload.next())]
        answers = [store.take(*chunk) for chunk in carried(chunks, share, rng)]
        for frontier in carried(answers, share, rng):
            upload.answered(frontier)
        if upload.frontier < upload.sent:
            upload.lost()
        assert SMALLEST <= upload.chunk.now <= 512
    assert upload.finished
    assert store.data == data


@given(st.binary(max_size=4000), SHARES, st.randoms(use_true_random=True), st.integers(1, 5))
def test_a_download_arrives(data, share, rng, window):
    download = Download(size=len(data), chunk=ChunkSize(most=512))
    for _ in range(100_000):
        if download.finished:
            break
        asked = [wanted for _ in range(window) if (wanted := download.next())]
        answers = [(offset, data[offset : offset + n]) for offset, n in carried(asked, share, rng)]
        # The link drops second answers.
        for offset, chunk in dict(carried(answers, share, rng)).items():
            download.answered(offset, chunk)
        again = list(download.lost()) if download._asked else []
        assert again == sorted(again)
    assert download.finished
    assert download.data() == data


def test_nothing_to_transfer():
    assert Upload(data=b"", chunk=ChunkSize(most=9)).finished
    download = Download(size=0, chunk=ChunkSize(most=9))
    assert download.finished
    assert download.next() is None
    assert download.data() == b""


def test_chunks_shrink_and_grow():
    chunk = ChunkSize(most=200)
    sizes = []
    for _ in range(4):
        chunk.lost()
        sizes.append(chunk.now)
    assert sizes == [100, 50, SMALLEST, SMALLEST]
    for _ in range(CLEAN - 1):
        chunk.arrived()
    assert chunk.now == SMALLEST
    chunk.lost()
    for _ in range(CLEAN):
        chunk.arrived()
    assert chunk.now == 2 * SMALLEST
    for _ in range(2 * CLEAN):
        chunk.arrived()
    assert chunk.now == 200


def test_an_upload_goes_on_behind_its_frontier():
    upload = Upload(data=bytes(range(100)), chunk=ChunkSize(most=40))
    assert upload.next() == (0, bytes(range(40)))
    assert upload.next() == (40, bytes(range(40, 80)))
    upload.answered(40)
    upload.lost()
    assert upload.next() == (40, bytes(range(40, 72)))
    # The board had more than we knew.
    upload.answered(80)
    assert upload.next() == (80, bytes(range(80, 100)))
    assert upload.next() is None
    upload.answered(100)
    assert upload.finished


@pytest.mark.parametrize("frontier", [-1, 101, 2**32 - 1])
def test_a_frontier_outside_the_data(frontier):
    upload = Upload(data=bytes(100), chunk=ChunkSize(most=40))
    with pytest.raises(ValueError, match=f"a frontier of {frontier} in 100 bytes"):
        upload.answered(frontier)


def test_an_upload_that_the_board_began_anew():
    """Its CRC was another, and the answer that said so was lost."""
    upload = Upload(data=bytes(100), chunk=ChunkSize(most=100))
    upload.next()
    upload.answered(90)
    upload.answered(0)
    assert (upload.frontier, upload.sent, upload.restarts) == (0, 0, 1)
    assert upload.next() == (0, bytes(100))


def test_a_download_of_what_was_not_asked_for():
    download = Download(size=100, chunk=ChunkSize(most=40))
    assert download.next() == (0, 40)
    for offset, size in ((0, 39), (40, 40), (-1, 1), (0, 0)):
        with pytest.raises(ValueError, match="not requested"):
            download.answered(offset, bytes(size))
    download.answered(0, bytes(40))
    with pytest.raises(ValueError, match="not requested"):
        download.answered(0, bytes(40))


def test_a_download_asks_for_the_lost_first():
    download = Download(size=200, chunk=ChunkSize(most=80))
    assert [download.next() for _ in range(3)] == [(0, 80), (80, 80), (160, 40)]
    download.answered(80, b"\x01" * 80)
    assert list(download.lost()) == [0, 160]
    assert [download.next() for _ in range(4)] == [(0, 40), (40, 40), (160, 40), None]
    for offset in (0, 40, 160):
        download.answered(offset, bytes(40))
    assert download.data() == bytes(80) + b"\x01" * 80 + bytes(40)


def test_a_late_chunk_counts_and_what_is_asked_again_of_it_still_comes():
    download = Download(size=100, chunk=ChunkSize(most=40))
    assert [download.next(), download.next(), download.next()] == [(0, 40), (40, 40), (80, 20)]
    assert list(download.lost()) == [0, 40, 80]
    assert download.chunk.now == SMALLEST
    assert download.next() == (0, 32)
    download.late(0, b"a" * 40)
    # The eight bytes behind what was asked for again are no longer missing.
    assert download.next() == (40, 32)
    download.late(80, b"c" * 20)
    assert download.next() == (72, 8)
    assert download.next() is None
    for offset, size in ((0, 32), (40, 32), (72, 8)):
        assert not download.finished
        download.answered(offset, b"b" * size if offset else b"a" * size)
    assert download.finished
    assert download.data() == b"a" * 40 + b"b" * 40 + b"c" * 20


def test_a_late_chunk_beyond_the_end_is_refused():
    download = Download(size=10, chunk=ChunkSize(most=40))
    with pytest.raises(ValueError, match="2 bytes at 9 of 10"):
        download.late(9, b"xx")
