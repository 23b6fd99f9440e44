"""The kernels on vectors of a Cortex-M55, one at a time, against plain integer arithmetic."""

import struct

import numpy as np
import pytest
from board_program import started

from mendlite.arith.fixed_point import Rounding, multiply_by_quantized_multiplier, wrap_int32
from waiting import HANG

BOARD = "mps3-an547"
ROWS, REQUANTIZE, WINDOW = range(3)
UNTOUCHED = b"\xee"
INT32 = np.iinfo(np.int32)

pytestmark = [pytest.mark.device, pytest.mark.slow]


class BoardWithVectors:
    """A board under QEMU that runs vectors_main.c."""

    def __init__(self, folder):
        self.line = started(BOARD, "vectors_main", folder)

    def run(self, kernel, numbers, operands, size):
        """``size`` bytes of answer."""
        data = b"".join(np.ascontiguousarray(one).tobytes() for one in operands)
        numbers = [*numbers, *[0] * (6 - len(numbers))]
        self.line.write(struct.pack("<II6i", kernel, len(data), *numbers) + data)
        answer = b""
        while len(answer) < size:
            part = self.line.read(HANG)
            assert part, "the board does not answer"
            answer += part
        assert len(answer) == size
        return answer


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    opened = BoardWithVectors(tmp_path_factory.mktemp("vectors"))
    yield opened
    opened.line.close()


def bytes_with_ends(rng, *shape):
    """int8 values, the ends of their range often."""
    ends = rng.choice([-128, 127], shape)
    share = rng.choice([0.3, 1.0])
    drawn = rng.integers(-128, 128, shape)
    return np.where(rng.random(shape) < share, ends, drawn).astype(np.int8)


@pytest.mark.parametrize("size", [*range(34), 63, 64, 65, 255])
def test_rows_of_every_size(board, size):
    rng = np.random.default_rng(size)
    x, w = bytes_with_ends(rng, size), bytes_with_ends(rng, 4, size)
    answer = board.run(ROWS, [size], [x, w], 24 + size + 1)
    sums = np.frombuffer(answer[:24], "<i4")
    assert sums[:4].tolist() == (w.astype(int) @ x.astype(int)).tolist()
    assert sums[4] == sums[0]
    assert sums[5] == x.astype(int).sum()
    assert answer[24:] == x.tobytes() + UNTOUCHED


def wanted_outputs(sums, biases, by, to):
    """mendlite_layer_store_sums in Python's integers."""
    zero_point, low, high = to
    x = wrap_int32(sums.astype(np.int64) + biases)
    scaled = multiply_by_quantized_multiplier(x, *by, Rounding.DOUBLE)
    return np.clip(wrap_int32(scaled + zero_point), low, high).astype(np.uint8)


def check_requantize(board, sums, biases, by, to=(-3, -128, 127)):
    """``by``: factors and shifts; ``to``: zero-point and range of the outputs."""
    count = len(sums)
    stored = count - count % 4
    wanted = wanted_outputs(sums, biases, by, to)
    numbers = [count, *to, int(biases.any())]
    answer = board.run(REQUANTIZE, numbers, [sums, biases, *by], 4 + count + 1)
    assert struct.unpack("<I", answer[:4]) == (stored,)
    assert answer[4:] == wanted[:stored].tobytes() + UNTOUCHED * (count + 1 - stored)


@pytest.mark.parametrize("count", range(34))
def test_outputs_of_any_count(board, count):
    rng = np.random.default_rng(count)
    sums, biases = rng.integers(-(2**20), 2**20, (2, count)).astype(np.int32)
    factors = rng.integers(2**30, 2**31, count).astype(np.int32)
    shifts = rng.integers(-14, 2, count).astype(np.int32)
    check_requantize(board, sums, biases if count % 3 else biases * 0, (factors, shifts))
    check_requantize(board, sums, biases, (factors, shifts), (3, 0, 255))


@pytest.mark.parametrize("shift", range(-31, 1))
def test_halves_are_rounded_away_from_zero(board, shift):
    # The factor 2**30 halves even sums exactly: those around odd multiples of half a step are ties.
    half = 1 << max(-shift - 1, 0)
    near = [(2 * k + 1) * half + d for k in (-3, -2, -1, 0, 1, 2) for d in (-1, 0, 1)]
    values = [2 * v for v in near if abs(2 * v) <= INT32.max] + [INT32.min, INT32.max, 0, -1]
    values += [0] * (-len(values) % 4)
    sums = np.array(values, np.int32)
    for factor in (2**30, 2**30 + 1, 2**31 - 1, 0):
        factors = np.full(len(sums), factor, np.int32)
        check_requantize(board, sums, sums * 0, (factors, np.full(len(sums), shift, np.int32)))


def test_shifts_to_the_left_up_to_the_largest(board):
    shifts = np.arange(32, dtype=np.int32)
    for value in (1, -1, 77, -77):
        # Within int32 after the shift, as sound models are: beyond it TFLite has no answer.
        sums = np.where(np.abs(value) * 2.0**shifts < 2**31, value, 0).astype(np.int32)
        factors = np.full(32, 2**30 + 12345, np.int32)
        check_requantize(board, sums, sums * 0, (factors, shifts))


@pytest.mark.parametrize("channels", [*range(8, 34), 64])
def test_windows_of_any_channels(board, channels):
    rng = np.random.default_rng(channels)
    for rows, columns, step, zero_point in ((3, 3, 1, -128), (1, 2, 2, 127), (2, 3, 2, 5)):
        height, width = (rows - 1) * step + 1, (columns - 1) * step + 1
        image = bytes_with_ends(rng, height, width, channels)
        w = bytes_with_ends(rng, rows, columns, channels)
        numbers = [channels, rows, columns, step, zero_point]
        answer = board.run(WINDOW, numbers, [image, w], 4 * channels)
        taps = image[::step, ::step].astype(int) - zero_point
        assert np.frombuffer(answer, "<i4").tolist() == (taps * w).sum(axis=(0, 1)).tolist()


def test_a_window_without_taps_is_zero(board):
    w = np.ones((1, 1, 16), np.int8)
    answer = board.run(WINDOW, [16, 0, 1, 1, 0], [w], 64)
    assert answer == bytes(64)
