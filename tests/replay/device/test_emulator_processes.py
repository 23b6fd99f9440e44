"""Emulators end when they should, and say so when they end by themselves."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from faulty_line import SpeakingLine

from mendlite.errors import DeviceError
from mendlite.model.device import Device, Emulator
from mendlite.model.rounding import Profile
from mendlite.replay.device import emulator as emulators
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.emulator import start
from waiting import HANG, is_running, until

TOOLCHAIN = Path(__file__).parents[3] / "toolchain"


def played_by(*command, firmware=Path(sys.executable)):
    return Device(
        address="test", silence=HANG, emulator=Emulator(command=command, firmware=firmware)
    )


HOST = """
import sys
from pathlib import Path
from mendlite.model.device import Device, Emulator
from mendlite.replay.device.emulator import start

device = Device(address="test", emulator=Emulator(command=tuple(sys.argv[2:]),
                                                  firmware=Path(sys.argv[1])))
line = start(device, None)
print(line._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    "command", [("{firmware}",), ("sleep", "infinity")], ids=["firmware", "deaf"]
)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_emulator_outlives_us(how, command, firmware):
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, firmware, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(TOOLCHAIN)},
    )
    with host:
        pid = int(host.stdout.readline())
        assert is_running(pid)
        host.send_signal(how)
        host.wait(HANG)
        until(lambda: not is_running(pid), "the emulator ends")


def test_closing_ends_the_emulator(device):
    line = start(device, None)
    pid = line._process.pid
    assert is_running(pid)
    line.close()
    assert not is_running(pid)


def test_closing_ends_an_emulator_that_heeds_no_sigterm(monkeypatch):
    monkeypatch.setattr(emulators, "GRACE", 0.1)
    script = "import signal, time; signal.signal(15, signal.SIG_IGN); print('x'); time.sleep(3600)"
    line = start(played_by(sys.executable, "-uc", script), None)
    assert line.read(HANG)
    line.close()
    assert not is_running(line._process.pid)


def test_an_emulator_that_died(device, digits):
    board = ConnectedBoard(device=device)
    board.load(digits, Profile.TFLM)
    process = board._client.transport._process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with pytest.raises(DeviceError, match="host: the line closed while reading the model back"):
        board.read_model()
    board.close()


def test_an_emulator_that_ends_at_once():
    with pytest.raises(DeviceError, match="test: the line (is )?closed"):
        _ = ConnectedBoard(device=played_by("true")).hello


def test_an_emulator_that_says_hello_in_text():
    script = "import sys, time; print('U-Boot 2024'); sys.stdout.flush(); time.sleep(3600)"
    device = replace(played_by(sys.executable, "-c", script), silence=0.5)
    board = ConnectedBoard(device=device, open_line=lambda *_: SpeakingLine(start(device, None)))
    with pytest.raises(DeviceError, match="no valid response for 0.5 s"):
        _ = board.hello


def test_a_firmware_that_is_not_built(tmp_path):
    emulator = Emulator(
        command=("{firmware}",), firmware=tmp_path / "none.elf", built_by="make firmware BOARD=host"
    )
    device = Device(address="test", emulator=emulator)
    with pytest.raises(DeviceError, match="no firmware at .*none.elf; build it: make firmware BOA"):
        _ = ConnectedBoard(device=device).hello


def test_a_program_that_is_not_installed():
    emulator = Emulator(
        command=("qemu-system-none",), firmware=Path(sys.executable), comes_from="apt install qemu"
    )
    device = Device(address="test", emulator=emulator)
    with pytest.raises(DeviceError, match="qemu-system-none is not installed: apt install qemu"):
        _ = ConnectedBoard(device=device).hello


def test_a_program_of_another_computer(tmp_path):
    path = tmp_path / "firmware.elf"
    path.write_bytes(b"\x7fELF of an Arm")
    path.chmod(0o755)
    with pytest.raises(DeviceError, match="test does not start: .*Exec format error"):
        _ = ConnectedBoard(device=played_by("{firmware}", firmware=path)).hello


def test_a_model_in_flash_that_is_not_there(device, tmp_path):
    line = start(device, tmp_path / "none.tflite")
    board = ConnectedBoard(device=device, open_line=lambda *_: line)
    with pytest.raises(DeviceError, match="the line (is )?closed"):
        _ = board.hello


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no model is on the board"),
        (b"\xff" * 64, "no model is on the board"),
        (b"another model", "another model is on the board than"),
    ],
)
def test_another_model_in_flash_and_none(content, words, device, digits, tmp_path):
    path = tmp_path / "flash.bin"
    if content is not None:
        path.write_bytes(content + digits.data)
    board = ConnectedBoard(
        device=replace(device, in_place=True),
        open_line=lambda board, _: start(board, None if content is None else path),
    )
    with pytest.raises(DeviceError, match=f"{words} .*{digits.sha256[:9]}"):
        board.load(digits, Profile.TFLM)
    board.close()
