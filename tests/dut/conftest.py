"""Boards under MLPerf Tiny's protocol: the firmware as a process, under QEMU, on a terminal."""

import pytest
from dut_boards import INPUTS, OUTPUTS
from dut_client import Dut

from built_firmware import built, host_device
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.emulator import start
from tiny_models import build, dense_spec


@pytest.fixture(scope="session")
def firmware():
    """The folder with the firmware for this computer, in a folder of its board's name."""
    return built("host")


@pytest.fixture(scope="session")
def host(firmware):  # noqa: ARG001 - builds it
    """The firmware as a board that is a process of this computer."""
    return host_device()


@pytest.fixture
def switch_on(host):
    """Starts boards with a model's file in their flash, or none; gives a client of each."""
    lines = []

    def make(model=None):
        lines.append(start(host, model))
        return Dut(lines[-1])

    yield make
    for line in lines:
        line.close()


@pytest.fixture
def open_board(host):
    """Makes boards for the framed protocol, and the line of each."""
    boards = []

    def make():
        line = start(host, None)
        boards.append(ConnectedBoard(device=host, open_line=lambda _device, _model: line))
        return boards[-1], line

    yield make
    for board in boards:
        board.close()


@pytest.fixture(scope="session")
def small_models(tmp_path_factory):
    """Files of small networks with the inputs and outputs of the benchmarks, by their names."""
    folder = tmp_path_factory.mktemp("models")
    for name, inputs in INPUTS.items():
        spec = dense_spec(inputs=inputs, classes=OUTPUTS[name])
        # Every second output lies in the middle of two thousandths.
        spec.tensors[6].scale = [0.1875]
        (folder / f"{name}.tflite").write_bytes(build(spec))
    return {name: folder / f"{name}.tflite" for name in INPUTS}
