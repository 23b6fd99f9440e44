"""Firmware for the tests: built by make, once, whichever test process asks first."""

import fcntl
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from mendlite.targets.device import device_of

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "build" / "firmware"


def built(board):
    """The folder of all built firmware, once that of ``board`` is in it."""
    if shutil.which("make") is None:
        raise AssertionError("make is missing: tools/install_cross.sh says what to install")
    BUILT.mkdir(parents=True, exist_ok=True)
    with (BUILT / f"{board}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            ["make", "-s", "-C", str(ROOT / "firmware_tests"), f"BOARD={board}"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, (
        f"the firmware of {board} was not built; tools/install_cross.sh installs what it needs:\n"
        f"{done.stdout}{done.stderr}"
    )
    return BUILT


def host_device(**changes):
    """The firmware as a process of this computer, built now; ``changes`` are the device's."""
    device = device_of("qemu:host", None)
    emulator = replace(device.emulator, firmware=built("host") / "host" / "firmware.elf")
    return replace(device, address="host", emulator=emulator, **changes)
