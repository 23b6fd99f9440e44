"""Bad lines, resets and pulled cables: right values, or one clear line; nothing else."""

import os
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest
from faulty_line import (
    KINDS,
    FaultyLine,
    InterruptedLine,
    KeptLine,
    PlayedLine,
    PulledLine,
    RestartingLine,
    SlowLine,
    SpeakingLine,
)

from mendlite.errors import DeviceError
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.emulator import start
from mendlite.replay.device.runner import DeviceRunner
from mendlite.tflite.reader import read
from waiting import HANG


@pytest.fixture
def judge(digits, images, expected):
    """Runs the first digits on boards and holds what they say against the host's kernels."""

    def run(*boards, count=100):
        runner = DeviceRunner(model=digits, profile=Profile.TFLM, boards=boards)
        found = collect(runner, [images[0][:count]], list(digits.outputs))
        for tensor in digits.outputs:
            np.testing.assert_array_equal(found[tensor], expected[Profile.TFLM][tensor][:count])

    return run


@pytest.mark.parametrize("seed", [1, 2])
def test_a_thousand_digits_where_each_hundredth_byte_is_damaged(seed, open_board, judge):
    lines = []

    def line(inner):
        lines.append(FaultyLine(inner, seed=seed))
        return lines[-1]

    board = open_board(line)
    judge(board, count=1000)
    assert lines[0].up.done > 500
    assert lines[0].down.done > 100
    assert board.traffic.damaged > 500


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_damage_at_a_time(kind, open_board, judge):
    judge(open_board(lambda inner: FaultyLine(inner, up=0.005, down=0.005, kinds=(kind,))))


@pytest.mark.parametrize(("up", "down"), [(0.03, 0.0), (0.0, 0.03)])
def test_damage_one_way(up, down, open_board, judge):
    judge(open_board(lambda inner: FaultyLine(inner, up=up, down=down)))


def test_bytes_that_come_late(open_board, judge):
    board = open_board(lambda inner: FaultyLine(inner, up=0.0, down=0.0, delays=0.7))
    judge(board, count=300)
    assert board.traffic.damaged <= 1


def test_all_tensors_over_a_bad_line(open_board, digits, images, shown, expected):
    board = open_board(lambda inner: FaultyLine(inner, up=0.003, down=0.003))
    runner = DeviceRunner(model=digits, profile=Profile.SINGLE, boards=(board,))
    found = collect(runner, [images[0][:10]], shown)
    for tensor in shown:
        np.testing.assert_array_equal(found[tensor], expected[Profile.SINGLE][tensor][:10])
    assert board.read_model() == digits.data


def test_a_clean_slow_line_loses_nothing(open_board, judge):
    """A chunk takes longer there than an answer does elsewhere."""
    lines = []

    def line(inner):
        lines.append(SlowLine(inner, 115_200))
        return lines[-1]

    board = open_board(line, baud=115_200)
    board.clock = lambda: lines[0].now if lines else 0.0
    judge(board, count=120)
    # The greeting is no frame.
    assert board.traffic.damaged <= 1
    assert board.traffic.resent <= 4


def test_a_bad_slow_line(open_board, digits):
    """What is sent again must not fill the line faster than it empties."""
    lines = []

    def line(inner):
        lines.append(SlowLine(inner, 460_800, patience=1.0))
        return FaultyLine(lines[-1], up=0.01, down=0.01)

    board = open_board(line, baud=460_800)
    board.clock = lambda: lines[0].now if lines else 0.0
    board.load(digits, Profile.TFLM)
    # Seconds of the line's own clock.
    assert lines[0].now < 20


@pytest.mark.parametrize("rate", [960, 200])
def test_a_bridge_that_is_slower_than_the_port_was_set(rate, open_board, digits, judge):
    """Behind 115,200 baud: answers come late, count all the same, and show how slow it is."""
    lines = []

    def line(inner):
        lines.append(SlowLine(inner, 10 * rate))
        return lines[-1]

    board = open_board(line, baud=115_200, silence=10.0)
    board.clock = lambda: lines[0].now if lines else 0.0
    judge(board, count=20)
    assert board.read_model() == digits.data
    # Both ways at once a line moves up to twice its rate.
    assert 0.5 * rate < board._client.link.speed < 2.1 * rate
    # Twice over the line's 10 and 4 KB, and what was sent before its speed was known.
    payload = 2 * len(digits.data) + 20 * (64 + 10)
    assert board.traffic.sent + board.traffic.received < 1.6 * payload + 10_000
    assert lines[0].now < 2.0 * payload / rate + 60


@pytest.mark.parametrize("begin", [0.2, 0.9])
def test_a_board_that_stops_for_15_seconds(begin, open_board, judge):
    """It stands in the middle of the upload, and of a run: what it has answered says it lives."""
    lines = []

    def line(inner):
        lines.append(SlowLine(inner, 115_200, stopped=(begin, begin + 15.0)))
        return lines[-1]

    board = open_board(line, baud=115_200, silence=10.0)
    board.clock = lambda: lines[0].now if lines else 0.0
    judge(board, count=100)
    assert lines[0].now > begin + 15.0
    # What was sent into the silence stays small: a port's buffer holds it.
    assert board.traffic.resent < 20


def test_a_board_that_never_answers_is_not_waited_for_so_long(open_board):
    lines = []

    def line(inner):
        lines.append(SlowLine(inner, 115_200, stopped=(0.0, 15.0)))
        return lines[-1]

    board = open_board(line, baud=115_200, silence=10.0)
    board.clock = lambda: lines[0].now if lines else 0.0
    with pytest.raises(DeviceError, match="no response for 10 s while opening the session"):
        _ = board.hello
    assert lines[0].now < 11


def test_a_line_on_which_nothing_is_sound(open_board):
    board = open_board(lambda inner: SpeakingLine(FaultyLine(inner, up=0.0, down=0.5)), silence=0.5)
    with pytest.raises(
        DeviceError, match=r"no valid response for 0.5 s while opening the session \(\d+ da"
    ):
        _ = board.hello


def test_a_line_that_goes_bad(open_board, digits, judge):
    lines = []

    def line(inner):
        lines.append(FaultyLine(inner, up=0.0, down=0.0))
        return lines[-1]

    board = open_board(line)
    board.load(digits, Profile.TFLM)
    lines[0].up.share = 1.0
    board._client.device = replace(board.device, silence=0.5)
    with pytest.raises(DeviceError, match="no valid response for 1.5 s while sending samples"):
        judge(board)


def restarting(device, at, lines):
    """What opens a line whose board is restarted after so many bytes."""

    def line(inner):
        inner.close()
        lines.append(RestartingLine(lambda: start(device, None), at))
        return lines[-1]

    return line


@pytest.mark.parametrize(
    "at",
    [[1], [30], [60], [6000], [13000], [13300], [15000], [20000], [3000, 20000], [13100, 14000]],
    ids=str,
)
def test_a_board_that_loses_its_power(at, device, open_board, judge):
    lines = []
    judge(open_board(restarting(device, at, lines)), count=200)
    assert lines[0].restarts == len(at)


def test_power_and_bytes_are_lost(device, open_board, judge):
    lines = []
    make = restarting(device, [9000, 40_000], lines)
    judge(open_board(lambda inner: FaultyLine(make(inner), up=0.002, down=0.002)), count=300)
    assert lines[0].restarts == 2


def test_a_board_that_is_reset_again_and_again(device, open_board, judge):
    board = open_board(restarting(device, list(range(6000, 60_000, 6000)), []))
    with pytest.raises(DeviceError, match="host was reset 3 times in a row: a power supply"):
        judge(board)


def test_reset_as_by_its_button(open_board, judge):
    board = open_board()
    judge(board, count=10)
    board.reset()
    assert board.hello.board == "host"
    judge(board, count=10)


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_power_lost_while_patching(after, open_board, device, digits):
    """In front of the n-th request."""
    lines = []
    board = open_board(restarting(device, [], lines))
    board.load(digits, Profile.TFLM)
    before = digits.data
    at = [len(before) // 2 + 3 * n for n in range(2)]
    data = bytearray(before)
    edits = []
    for n in at:
        edits.append((n, before[n : n + 1], bytes([before[n] ^ 1])))
        data[n] ^= 1
    passed, line = [], lines[0]

    def write(data):
        if len(passed) == after and not line.restarts:
            line.restart()
        passed.append(data)
        line._pass(data)

    line.write = write
    board.patch(read(bytes(data)), edits)
    assert board.read_model() == data
    assert line.restarts == (1 if len(passed) > after else 0)


@pytest.mark.parametrize("after", [1, 20, 5000, 13500, 16000])
def test_a_pulled_cable(after, open_board, judge):
    board = open_board(lambda inner: PulledLine(inner, after))
    with pytest.raises(DeviceError, match=r"host: the line (is )?closed .*no such device") as found:
        judge(board)
    assert "\n" not in str(found.value)


def test_one_board_of_two_fails(open_board, judge):
    boards = open_board(lambda inner: PulledLine(inner, 15_000)), open_board()
    with pytest.raises(DeviceError, match="no such device"):
        judge(*boards, count=1000)
    judge(boards[1])


def test_one_after_the_other_on_the_same_line(device, kept_line, digits, judge):
    for turn in range(3):
        board = ConnectedBoard(device=device, open_line=lambda *_: kept_line)
        judge(board)
        assert board.hello.fresh is (turn == 0)
        # The model stays on the board.
        assert turn == 0 or board.traffic.sent < len(digits.data)
        board.close()


def test_two_hosts_on_one_line(device, kept_line, judge):
    """Each finds its session gone, and opens a new one."""
    boards = [ConnectedBoard(device=device, open_line=lambda *_: kept_line) for _ in range(2)]
    for _ in range(2):
        for board in boards:
            judge(board, count=20)


@pytest.mark.parametrize("reads", [1, 2, 3, 5, 9, 12, 15])
def test_ctrl_c_leaves_the_board_to_the_next(reads, device, kept_line, judge):
    first = ConnectedBoard(device=device, open_line=lambda *_: InterruptedLine(kept_line, reads))
    try:
        with pytest.raises(KeyboardInterrupt):
            judge(first, count=1000)
    finally:
        first.close()
    second = ConnectedBoard(device=device, open_line=lambda *_: kept_line)
    judge(second)
    second.close()


@pytest.mark.parametrize("reads", [3, 9, 15])
def test_after_ctrl_c_the_board_can_go_on(reads, open_board, judge):
    lines = []

    def line(inner):
        # Where it was pressed while the line was opened, the line is opened once more.
        lines.append(inner if lines else InterruptedLine(inner, reads))
        return lines[-1]

    board = open_board(line)
    with pytest.raises(KeyboardInterrupt):
        judge(board, count=1000)
    judge(board)


def test_ctrl_c_is_heard_while_boards_work(device, digits, images):
    pressed = threading.Event()

    def press(data):
        """Once a board is asked, and once only."""
        if data and not pressed.is_set():
            pressed.set()
            os.kill(os.getpid(), signal.SIGINT)
        return b""

    def line(*_):
        return KeptLine(PlayedLine(press))

    # Silence alone would end it with another error.
    patient = replace(device, silence=HANG)
    boards = [ConnectedBoard(device=patient, open_line=line) for _ in range(2)]
    runner = DeviceRunner(model=digits, profile=Profile.TFLM, boards=tuple(boards))
    # As libraries leave it that took SIGINT and gave it back: system calls are restarted.
    signal.siginterrupt(signal.SIGINT, False)
    try:
        with pytest.raises(KeyboardInterrupt):
            collect(runner, images, list(digits.outputs))
    finally:
        signal.siginterrupt(signal.SIGINT, True)
