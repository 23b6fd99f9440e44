"""Every named board has a firmware that builds, and both say the same of where the model lies."""

import re
import subprocess
from pathlib import Path

import pytest

from built_firmware import built
from mendlite.targets.board import load_board, named_boards

ROOT = Path(__file__).parents[2]
PORTS = ROOT / "firmware_tests" / "port" / "boards.mk"

NEVER_RUN = ("stm32f429", "nrf52840", "rp2040")
"""Chips that QEMU has no machine for; the other boards are built by the tests that run them."""

CRC_POLYNOMIAL = 0x04C11DB7
BOOT_BYTES = 252


def symbols(elf):
    done = subprocess.run(["nm", str(elf)], capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[-1]: int(row[0], 16) for row in rows if len(row) == 3}


def section(elf, name, out):
    call = ["arm-none-eabi-objcopy", "-O", "binary", "-j", name, str(elf), str(out)]
    subprocess.run(call, check=True)
    return out.read_bytes()


def rom_crc(data):
    """The CRC-32 that the RP2040's ROM computes: most significant bit first, no last xor."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (CRC_POLYNOMIAL if crc & 0x80000000 else 0)
            crc &= 0xFFFFFFFF
    return crc


def test_every_named_board_has_a_port():
    ports = re.findall(r"^ifeq \(\$\(BOARD\),(\S+)\)", PORTS.read_text(), re.MULTILINE)
    assert sorted(ports) == sorted(name for name, _path in named_boards())


@pytest.mark.device
@pytest.mark.parametrize("name", NEVER_RUN)
def test_the_board_file_has_the_linkers_address(name):
    board = load_board(name)
    found = symbols(built(name) / name / "firmware.elf")
    assert found["mendlite_link_flash_start"] == board.address
    assert board.address % board.page_size == 0


@pytest.mark.device
@pytest.mark.parametrize(
    ("name", "flash"), [("stm32f429", 0x08000000), ("nrf52840", 0), ("rp2040", 0x10000100)]
)
def test_vectors_stand_where_the_chip_reads_them(name, flash, tmp_path):
    elf = built(name) / name / "firmware.elf"
    found = symbols(elf)
    text = section(elf, ".text", tmp_path / "text.bin")
    stack, reset = (int.from_bytes(text[i : i + 4], "little") for i in (0, 4))
    assert stack == found["mendlite_link_stack_top"]
    assert reset == found["mendlite_reset_handler"] | 1
    assert found["vectors"] == flash


def test_the_crc_notices_a_bit():
    assert rom_crc(b"123456789") == 0x0376E6E7  # CRC-32/MPEG-2's check value
    assert rom_crc(b"123456788") != 0x0376E6E7


@pytest.mark.device
def test_the_rp2040s_rom_accepts_the_boot_block(tmp_path):
    block = section(built("rp2040") / "rp2040" / "firmware.elf", ".boot", tmp_path / "boot.bin")
    assert len(block) == BOOT_BYTES + 4
    wanted = rom_crc(block[:BOOT_BYTES])
    assert int.from_bytes(block[BOOT_BYTES:], "little") == wanted, (
        f"set BOOT_CRC of port/rp2040/boot.c to {wanted:#010x}"
    )
