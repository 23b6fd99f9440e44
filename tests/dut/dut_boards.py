"""Firmware to build, and what the benchmarks take and give."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLCHAIN = ROOT / "toolchain"
INPUTS = {"ic01": 3072, "kws01": 490, "vww01": 27648, "ad01": 640}
OUTPUTS = {"ic01": 10, "kws01": 12, "vww01": 2, "ad01": 640}
COMPILERS = {
    "host": ("cc", "apt install gcc make"),
    "mps2-an386": (
        "arm-none-eabi-gcc",
        "apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm",
    ),
}


def build_firmware(folder, board):
    compiler, how = COMPILERS[board]
    for tool in ("make", compiler):
        if shutil.which(tool) is None:
            pytest.fail(f"{tool} is missing: these tests build the firmware for {board}: {how}")
    out = folder / board
    words = ["make", "-s", "-C", ROOT / "firmware_tests", f"BOARD={board}", f"OUT={out}"]
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.fail(f"the firmware for {board} does not build:\n{made.stderr}")
