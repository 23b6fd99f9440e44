"""The firmware as a process of this computer, and the digits that it runs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from faulty_line import KeptLine

from built_firmware import built, host_device
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.emulator import start
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read_file
from waiting import HANG

ROOT = Path(__file__).parents[3]
DIGITS = ROOT / "targets" / "models" / "digits"


@pytest.fixture(scope="session")
def firmware():
    """The firmware for this computer."""
    return built("host") / "host" / "firmware.elf"


@pytest.fixture(scope="session")
def device(firmware):  # noqa: ARG001 - builds it
    """A board of that firmware."""
    return host_device(silence=HANG)


@pytest.fixture
def open_board(device):
    """Makes boards: ``line`` puts something between them and the host; all are closed at the end.

    Further arguments are the device's.
    """
    boards = []

    def make(line=None, **changes):
        def open_line(board, model):
            inner = start(board, model)
            return inner if line is None else line(inner)

        boards.append(ConnectedBoard(device=replace(device, **changes), open_line=open_line))
        return boards[-1]

    yield make
    for board in boards:
        board.close()


@pytest.fixture
def kept_line(device):
    """A running board whose line outlives those that use it."""
    line = KeptLine(start(device, None))
    yield line
    line.inner.close()


@pytest.fixture(scope="session")
def digits():
    """The small network of the default target."""
    return read_file(DIGITS / "int8.tflite")


@pytest.fixture(scope="session")
def float_digits():
    """What the network was before it was quantized."""
    return read_file(DIGITS / "float.tflite")


@pytest.fixture(scope="session")
def images(digits):
    """The first 1,000 scanned digits as the network takes them."""
    grey = np.load(DIGITS / "digits.npz")["images"][:1000] / 16
    quant = digits.tensors[digits.inputs[0]].quant
    stored = np.round(grey / quant.scale[0]) + quant.zero_point[0]
    return [np.clip(stored, -128, 127).astype(np.int8)]


@pytest.fixture(scope="session")
def shown(digits):
    """All tensors that operators write, a value for each sample."""
    written = [t for operator in digits.operators for t in operator.outputs]
    return [t for t in written if digits.tensors[t].shape[:1] == (1,)]


@pytest.fixture(scope="session")
def expected(digits, images, shown):
    """What the host's kernels say, by profile."""
    return {
        profile: collect(ReferenceRunner(model=digits, profile=profile), images, shown)
        for profile in Profile
    }
