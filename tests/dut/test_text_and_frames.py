"""MLPerf Tiny's text and our frames on one line: neither harms the other."""

import itertools
import random

import pytest
from dut_client import READY, Dut
from dut_results import expected_results, model_inputs, random_samples, results_of

from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read_file


@pytest.fixture(scope="session")
def network(small_models):
    return read_file(small_models["kws01"])


def run_frames(board, model, samples):
    """Results of the framed protocol, as bytes."""
    board.load(model, Profile.TFLM)
    return board.run(samples.tobytes(), len(samples), (), 12)


def framed_results(model, samples):
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    output = model.outputs[0]
    inputs = model_inputs("kws01", model, samples)
    return [row.tobytes() for row in collect(runner, [inputs], [output])[output]]


def test_text_before_and_after_frames(network, open_board):
    samples = random_samples("kws01")
    board, line = open_board()
    dut = Dut(line)
    assert dut.greeting() == ["m-init-done", READY]
    assert dut.profile()[1] == "none"
    for _ in range(2):
        assert run_frames(board, network, samples) == framed_results(network, samples)
        board.release()
        assert dut.profile()[1] == "kws01"
        assert dut.command("results")[0].startswith("e-[")
        assert results_of(dut, samples) == expected_results("kws01", network, samples)


def test_text_between_runs_does_no_harm(network, open_board):
    samples = random_samples("kws01")
    board, line = open_board()
    wanted = framed_results(network, samples)
    for text in (b"name%profile%timestamp%", b"db load 490%db 00%", b"infer%results%db print%",
                 b"no such thing%%%", b"half a comm"):  # fmt: skip
        assert run_frames(board, network, samples) == wanted
        line.write(text)
    assert run_frames(board, network, samples) == wanted


def test_a_zero_byte_cuts_text_from_the_frame_after_it(open_board):
    board, line = open_board()
    dut = Dut(line)
    dut.greeting()
    for _ in range(2):
        assert dut.name() == "mendlite"
        heard = Heard(line)
        board.open_line = lambda _device, _model, heard=heard: heard
        board.ping()
        board.release()
        assert heard.data.startswith(b"\0")


class Heard:
    """A line that keeps what came over it."""

    def __init__(self, line):
        self._line, self.data = line, b""

    def read(self, wait):
        data = self._line.read(wait)
        self.data += data
        return data

    def __getattr__(self, name):
        return getattr(self._line, name)


class Interrupted:
    """A line on which a text command comes before much of what the host sends.

    Not before all: the host sends again what a text's reply came before, as if it were damaged.
    """

    def __init__(self, line, commands):
        self._line, self._commands = line, itertools.cycle(commands)

    def write(self, data):
        self._line.write(next(self._commands) + data)

    def __getattr__(self, name):
        return getattr(self._line, name)


def test_text_between_frames_does_no_harm(network, open_board):
    samples = random_samples("kws01", 200)
    board, line = open_board()
    texts = (b"name%", b"timestamp%", b"infer%", b"results%", b"db print%", b"oops%", b"%")
    commands = [word for text in texts for word in (text, b"", b"")]
    board.open_line = lambda _device, _model: Interrupted(line, commands)
    assert run_frames(board, network, samples) == framed_results(network, samples)
    # Text is no damage, though a frame that it breaks in two is.
    assert board.traffic.damaged < 7


def damaged(command, rng):
    """A command with a few characters lost, doubled or changed; its end stays."""
    letters = list(command)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(letters))
        letters[at] = rng.choice(["", 2 * letters[at], rng.choice("az09 [-]\r\n~")])
        letters = [letter for letter in letters if letter] or ["x"]
    return "".join(letters)


def test_damaged_text_is_answered(small_models, switch_on):
    board = switch_on(small_models["kws01"])
    board.greeting()
    rng = random.Random(5)  # noqa: S311 - the same damage each time
    commands = ("name", "profile", "db load 490", "db 0123456789abcdef", "infer 1 0", "db print")
    for _ in range(400):
        lines = board.command(damaged(rng.choice(commands), rng))
        assert lines[-1] == READY
    samples = random_samples("kws01", 2)
    expected = expected_results("kws01", read_file(small_models["kws01"]), samples)
    assert results_of(board, samples) == expected


@pytest.mark.parametrize(
    "noise", [b"\xff\x00", b"\x80name%\x00", b"x" * 81 + b"%\x00", b"\x00\x00"]
)
def test_a_zero_byte_ends_noise(noise, network, open_board):
    board, line = open_board()
    dut = Dut(line)
    dut.greeting()
    line.write(noise)
    dut.skip()
    assert dut.name() == "mendlite"
    samples = random_samples("kws01", 2)
    assert run_frames(board, network, samples) == framed_results(network, samples)
