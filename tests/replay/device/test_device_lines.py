"""Whoever else may be on the line: each case ends with one line that says so."""

import os
import random
import select
import socket
import struct
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from faulty_line import KeptLine, PlayedLine

from mendlite.errors import DeviceError, MendliteError
from mendlite.model.device import Device
from mendlite.model.rounding import Profile
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.transport import (
    ClosedLineError,
    SerialTransport,
    SocketTransport,
    open_serial,
)
from mendlite.wire import messages
from mendlite.wire.frame import Frame, Splitter, encode
from mendlite.wire.messages import ANSWER, Request
from waiting import HANG

HELLO = struct.pack("<BBBIHII", 0, 1, 1, 29, 2048, 1 << 20, 0) + b"\x04fake\x04fake"


NOISE = np.random.default_rng(0)


def played(answer, greeting=b""):
    """A line on which ``answer`` (a request frame → payload, or None) plays the board."""
    splitter, said = Splitter(), []

    def play(data):
        found = b"" if said or not data else greeting
        said.extend([1] if data else [])
        for frame in splitter.take(data):
            if frame is not None and (payload := answer(frame)) is not None:
                found += encode(
                    Frame(
                        type=frame.type | ANSWER,
                        session=frame.session,
                        sequence=frame.sequence,
                        payload=payload,
                    )
                )
        return found

    return PlayedLine(play)


def board_on(line, silence=HANG):
    return ConnectedBoard(
        device=Device(address="/dev/x", silence=silence), open_line=lambda *_: line
    )


def fails(line, *parts, silence=0.4):
    """The line's end is one line with these parts, and the line is given back."""
    with pytest.raises(DeviceError) as found:
        _ = board_on(line, silence).hello
    message = str(found.value)
    assert "\n" not in message
    for part in ("/dev/x", *parts):
        assert part in message
    return line


def test_a_silent_board():
    line = fails(
        PlayedLine(lambda _: b""),
        "no response for 0.4 s while opening the session",
        "is the firmware on it, and is it the right port?",
    )
    assert line.closed


def test_a_board_that_babbles():
    line = fails(
        PlayedLine(lambda _: NOISE.bytes(5000)),
        "no valid response for 0.4 s while opening the session",
        "damaged frames): check baud rate and cable",
    )
    assert len(line.written) < 1000


@pytest.mark.parametrize("byte", [b"\x00", b"\xff", b"m-ready\r\n"])
def test_a_board_that_says_the_same_for_ever(byte):
    fails(PlayedLine(lambda _: byte * 500), "no valid response for 0.4 s")


def test_a_board_that_babbles_and_does_not_listen():
    ours, theirs = socket.socketpair()

    def babble():
        try:
            while True:
                theirs.sendall(NOISE.bytes(65536))
        except OSError:
            pass

    speaker = threading.Thread(target=babble)
    speaker.start()
    assert select.select([ours], [], [], HANG)[0]
    fails(SocketTransport(ours), "no valid response for 0.4 s")
    theirs.close()
    speaker.join()


def test_a_board_that_takes_no_bytes(monkeypatch):
    monkeypatch.setattr("mendlite.replay.device.transport.WRITE_SECONDS", 0.2)
    ours, theirs = socket.socketpair()
    with theirs:
        line = SocketTransport(ours)
        with pytest.raises(ClosedLineError, match="timed out"):
            line.write(bytes(50_000_000))
        line.close()


def test_a_line_that_gives_back_what_is_sent():
    line = open_serial("loop://", 115_200)
    assert isinstance(line, SerialTransport)
    fails(line, "only what was sent comes back while opening the session", "is RX connected to TX")


def test_an_echo_on_a_line_with_a_board():
    def answer(frame):
        return HELLO if frame.type == Request.HELLO else b"\x00"

    inner = played(answer)
    line = PlayedLine(lambda data: data + inner.play(data))
    assert board_on(line).hello.board == "fake"


def test_a_port_that_is_not_there():
    with pytest.raises(DeviceError, match="/dev/nowhere cannot be opened .*'mendlite device list'"):
        open_serial("/dev/nowhere", 115_200)
    with pytest.raises(DeviceError, match="cannot be opened"):
        open_serial("what://ever", 115_200)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals")
def test_a_port_that_another_program_has():
    ours, theirs = os.openpty()
    path = os.ttyname(theirs)
    first = open_serial(path, 115_200)
    try:
        with pytest.raises(DeviceError, match=f"{path} is in use by another program: close it"):
            open_serial(path, 115_200)
        # Without a lock, too: the system refuses the port to all but root.
        if os.geteuid() != 0:
            with pytest.raises(OSError, match="busy"):
                os.open(path, os.O_RDWR | os.O_NOCTTY)
    finally:
        first.close()
    open_serial(path, 115_200).close()
    os.close(ours)
    os.close(theirs)


def test_sessions_that_another_host_ends(digits):
    """Over a network no port is locked: that is no reset, and no weak power supply."""

    def answer(frame):
        return HELLO[:2] + b"\x00" + HELLO[3:] if frame.type == Request.HELLO else b"\xfe"

    with pytest.raises(DeviceError, match="another program opens sessions with this board, 3 tim"):
        board_on(played(answer)).load(digits, Profile.TFLM)


def test_a_board_that_is_reset_again_and_again(digits):
    def answer(frame):
        return HELLO if frame.type == Request.HELLO else b"\xfe"

    with pytest.raises(DeviceError, match="was reset 3 times in a row: a power supply"):
        board_on(played(answer)).load(digits, Profile.TFLM)


def test_a_flash_without_a_model(device, digits, kept_line):
    board = ConnectedBoard(device=replace(device, in_place=True), open_line=lambda *_: kept_line)
    with pytest.raises(DeviceError, match="no model is on the board .its flash is erased"):
        board.load(digits, Profile.TFLM)


def test_a_board_that_refuses_our_version(kept_line, monkeypatch):
    monkeypatch.setattr(messages, "VERSION", 2)
    fails(
        kept_line,
        "the board's firmware is older than mendlite",
        "it speaks version 1 of the protocol, this mendlite version 2: flash the firmware",
        silence=HANG,
    )


def test_a_board_of_another_version_that_answers_all_the_same():
    for payload in (HELLO[:1] + b"\x02" + HELLO[2:], b"\x00\x02", b"\xf6\x02"):
        fails(
            played(lambda _, answer=payload: answer),
            "mendlite is older than the board's firmware, which speaks version 2 of the protocol",
            "this mendlite version 1: update mendlite",
        )


def test_a_board_that_refuses_a_version_without_its_own():
    fails(played(lambda _: b"\xfd"), "the board's firmware is older than mendlite")


@pytest.mark.parametrize(
    ("payload", "part"),
    [
        (b"", "responds in another protocol: a status that is none"),
        (b"\x55", "responds in another protocol: a status that is none: 55"),
        (b"\x00", "speaks another protocol: a malformed HELLO response"),
        (HELLO + b"x", "speaks another protocol: a HELLO response with extra bytes"),
        (b"\xfe", "opens no session"),
        (
            b"\xfc",
            "refused while opening the session: WRONG_STATE",
        ),
    ],
)
def test_answers_to_hello_that_are_none(payload, part):
    fails(played(lambda _: payload), part)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00",
        b"m-init-done\r\nm-ready\r\n",
        b"\x05\x01\x02",
        bytes(range(256)) * 20,
        encode(Frame(type=0x81, session=1, sequence=1, payload=b"\x00")),
    ],
    ids=["end", "text", "cut", "all", "frame"],
)
def test_what_a_board_says_before_it_is_asked(garbage):
    assert board_on(played(lambda _: HELLO, garbage)).hello.engine == "fake"


@pytest.mark.parametrize(
    "garbage",
    [b"\x05abc", b"name%", b"db load 64%db 00", b"%%%%", bytes(range(256)) * 30, b"x" * 9000],
    ids=["cut", "text", "half a text", "signs", "all", "long"],
)
def test_what_was_sent_to_the_board_before(garbage, device, kept_line, digits):
    kept_line.write(garbage)
    board = ConnectedBoard(device=device, open_line=lambda *_: kept_line)
    board.load(digits, Profile.TFLM)
    assert board.read_model() == digits.data
    board.close()


def test_the_text_that_the_firmware_begins_with(device, kept_line):
    assert kept_line.read(5).startswith(b"m-init-done")
    board = ConnectedBoard(device=device, open_line=lambda *_: kept_line)
    assert board.hello.engine == "mendlite-int8"


def test_memory_that_holds_nothing(digits):
    def answer(frame):
        if frame.type == Request.HELLO:
            return HELLO
        if frame.type == Request.BEGIN:
            return b"\x00" + bytes(4)
        offset = struct.unpack_from("<I", frame.payload)[0]
        end = offset + len(frame.payload) - 4
        return b"\xfa" if end == len(digits.data) else struct.pack("<BI", 0, end)

    with pytest.raises(DeviceError, match="memory does not hold what was sent .*another CRC, 4 ti"):
        board_on(played(answer)).load(digits, Profile.TFLM)


def test_an_upload_that_gets_nowhere(digits):
    def answer(frame):
        return HELLO if frame.type == Request.HELLO else b"\x00" + bytes(4)

    with pytest.raises(DeviceError, match="no valid response .* while uploading the model"):
        board_on(played(answer), silence=0.2).load(digits, Profile.TFLM)


@pytest.mark.parametrize("seed", range(40))
def test_a_board_that_lies(seed, digits, images):
    """Sound frames with any content: an error with one line, no other, and no end of it."""
    rng = random.Random(seed)  # noqa: S311
    statuses = [0, 0, 0, 0, 0, 0, 1, *range(-9, 0)]
    sizes = {Request.BEGIN: 4, Request.DATA: 4, Request.LOAD: 21, Request.RUN: 14}

    def answer(frame):
        if frame.type == Request.HELLO:
            return HELLO
        status = struct.pack("<b", rng.choice(statuses))
        if status[0] > 1 or rng.random() < 0.1:
            return status
        if frame.type == Request.LOAD:
            return struct.pack("<BbiIIII", 0, 0, -1, 1000, rng.choice([0, 10**6]), 64, 10)
        if frame.type == Request.DATA and rng.random() < 0.8:
            offset = struct.unpack_from("<I", frame.payload)[0]
            return struct.pack("<BI", 0, offset + len(frame.payload) - 4)
        if frame.type == Request.RUN and rng.random() < 0.8:
            return status + struct.pack("<HIII", 1, 2, rng.choice([0, 10, 11]), rng.choice([0, 1]))
        return status + rng.randbytes(sizes.get(frame.type, rng.randrange(9)))

    board = board_on(KeptLine(played(answer)), silence=0.2)
    with pytest.raises(MendliteError) as found:
        board.load(digits, Profile.TFLM)
        board.run(np.ascontiguousarray(images[0][:2]).tobytes(), 2, (), 10)
        board.read_model()
    assert "\n" not in str(found.value)
