"""MLPerf Tiny's protocol through ``mendlite device pty``, and on a board under QEMU."""

import os
import signal
import subprocess
import sys

import pytest
from dut_boards import TOOLCHAIN
from dut_client import Dut, PortLine
from dut_results import FILES, expected_results, random_samples, real_samples, results_of

from built_firmware import built
from mendlite.model.rounding import Profile
from mendlite.replay.device.board import ConnectedBoard
from mendlite.targets.device import device_of
from mendlite.tflite.reader import read_file
from waiting import HANG


@pytest.fixture
def terminal(firmware):
    """Starts ``mendlite device pty``; gives the path of the terminal and the process."""
    started = []

    def make(model):
        words = [sys.executable, "-m", "mendlite", "device", "pty", "qemu:host", "--model", model]
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "MENDLITE_FIRMWARE": str(firmware), "PYTHONPATH": str(TOOLCHAIN)},
        )
        started.append(process)
        # qemu:host is on /dev/pts/3; Ctrl-C ends it
        return process.stdout.readline().split(" is on ")[1].split(";")[0], process

    yield make
    for process in started:
        process.kill()
        process.communicate()


def talk_over_terminal(path, name, model, samples):
    line = PortLine(path)
    try:
        board = Dut(line)
        assert board.name() == "mendlite"
        assert board.profile()[1] == name
        assert results_of(board, samples) == expected_results(name, read_file(model), samples)
        assert len(board.infer(10, 2).laps) == 2
    finally:
        line.close()


def test_terminal(small_models, terminal):
    path, process = terminal(small_models["kws01"])
    samples = random_samples("kws01", 2)
    # A program may go and another one come.
    for sample in samples:
        talk_over_terminal(path, "kws01", small_models["kws01"], sample[None])
    process.send_signal(signal.SIGINT)
    assert process.wait(HANG) != 0


@pytest.mark.slow
def test_terminal_with_a_benchmark(data_root, terminal):
    model = data_root / "models" / FILES["kws01"]
    path, _process = terminal(model)
    talk_over_terminal(path, "kws01", model, real_samples("kws01", data_root)[:5])


@pytest.fixture(scope="session")
def cortex_m4():
    """A folder with the firmware of QEMU's Cortex-M4 board."""
    return built("mps2-an386")


def talk_to_qemu(name, path, samples):
    board = ConnectedBoard(device=device_of("qemu:mps2-an386", None))
    board.load(read_file(path), Profile.TFLM)
    line = board.release()
    try:
        dut = Dut(line)
        dut.skip()
        assert dut.profile()[1] == name
        assert results_of(dut, samples) == expected_results(name, read_file(path), samples)
        laps = dut.infer(10, 2).laps
        assert laps[0] <= laps[1]  # the emulated clock may stand still
    finally:
        line.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kws01", "ad01"])
def test_small_network_on_qemu(name, small_models, cortex_m4, monkeypatch):
    monkeypatch.setenv("MENDLITE_FIRMWARE", str(cortex_m4))
    talk_to_qemu(name, small_models[name], random_samples(name, 3))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kws01", "ad01"])
def test_benchmark_on_qemu(name, data_root, cortex_m4, monkeypatch):
    monkeypatch.setenv("MENDLITE_FIRMWARE", str(cortex_m4))
    talk_to_qemu(name, data_root / "models" / FILES[name], real_samples(name, data_root)[:3])
