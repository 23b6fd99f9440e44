"""A port whose chip QEMU lacks runs on an emulated chip that has the same peripherals."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from test_boards import load, same, shown

from mendlite.model.device import Emulator
from mendlite.model.rounding import Profile
from mendlite.replay.device.board import ConnectedBoard
from mendlite.targets.device import device_of
from waiting import HANG

SOURCES = Path(__file__).parents[1]

NRF51 = "-mcpu=cortex-m0 -mthumb -mfloat-abi=soft"
"""The nRF51's core: its UART has the registers that the nRF52's keeps for old programs."""

MICROBIT = (
    "qemu-system-arm -M microbit -global nrf51-soc.sram-size=262144 "
    "-global nrf51-soc.flash-size=1048576 -kernel {firmware} -display none -monitor none "
    "-chardev socket,id=u0,fd={link} -serial chardev:u0"
)
"""With the nRF52840's sizes of memory."""

pytestmark = [pytest.mark.device, pytest.mark.slow]


def test_the_nrf52s_port_on_an_nrf51(tmp_path):
    out = tmp_path / "firmware"
    call = ["make", "-s", "-C", SOURCES, "BOARD=nrf52840", f"OUT={out}", f"PORT_CFLAGS={NRF51}"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    emulator = Emulator(command=tuple(MICROBIT.split()), firmware=out / "firmware.elf")
    device = replace(device_of("port", "nrf52840"), emulator=emulator, silence=HANG)
    board = ConnectedBoard(device)
    try:
        model, inputs = load("digits", 4)
        assert all(same(board, model, Profile.TFLM, inputs, shown(model)).values())
    finally:
        board.close()
