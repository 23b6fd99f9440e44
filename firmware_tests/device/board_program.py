"""A test program of its own on an emulated board: built, started, and its line."""

import subprocess
from dataclasses import replace
from pathlib import Path

from built_firmware import ROOT
from mendlite.replay.device.emulator import start
from mendlite.targets.device import device_of
from waiting import HANG


def started(board, program, folder):
    """The line of ``device/<program>.c`` on a board under QEMU, built into ``folder``."""
    subprocess.run(
        ["make", "-s", "-C", ROOT / "firmware_tests", f"BOARD={board}", f"OUT={folder}",
         f"MAIN=device/{program}.c"],
        check=True, capture_output=True,
    )  # fmt: skip
    device = device_of(f"qemu:{board}", None)
    emulator = replace(device.emulator, firmware=Path(folder) / "firmware.elf")
    line = start(replace(device, emulator=emulator), None)
    assert line.read(HANG) == b"\x01", "the board does not start"
    return line
