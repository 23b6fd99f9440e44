"""What mendlite writes for a debugger to flash, as pyOCD's own readers read it.

A probe is missing here: pyOCD's loader is replaced where it would write to flash, and keeps the bytes.
"""

import struct

import numpy as np
import pytest
from pyocd.flash import file_programmer
from test_commands import DIGITS, mendlite

from built_firmware import built
from mendlite.emit.firmware import with_model
from mendlite.emit.hex_file import intel_hex
from mendlite.targets.board import load_board

RANDOM = np.random.default_rng(7)
BASE = RANDOM.bytes(1000)
PATCHED = bytes([*BASE[:100], BASE[100] ^ 1, *BASE[101:]])
WHOLE = RANDOM.bytes(300) + BASE + RANDOM.bytes(50)
ADDRESS = 0x08000000


@pytest.fixture
def flashed(monkeypatch):
    """Reads a file as pyOCD would flash it: its bytes, by address."""

    def flashed_(path):
        chunks = {}

        class Keeps:
            def __init__(self, *_, **__):
                pass

            def add_data(self, address, data):
                chunks[address] = bytes(data)

        monkeypatch.setattr(file_programmer, "FlashLoader", Keeps)
        file_programmer.FileProgrammer(None, progress=lambda _: None).add_file(str(path))
        return chunks

    return flashed_


def elf(data, address):
    """An ELF for Arm with one segment that is loaded."""
    head = struct.pack("<4s5B7x", b"\x7fELF", 1, 1, 1, 0, 0)
    head += struct.pack("<HHIIIIIHHHHHH", 2, 40, 1, address, 52, 0, 0, 52, 32, 1, 40, 0, 0)
    segment = struct.pack("<8I", 1, 84, address, address, len(data), len(data), 5, 4)
    return head + segment + data


def test_the_hex_file_of_a_model(flashed, tmp_path):
    model = DIGITS / "int8.tflite"
    mendlite("emit", "digits", "--model", model, "--board", "nrf52840", "--formats", "hex",
             "--out", tmp_path)  # fmt: skip
    found = flashed(tmp_path / "g_model.hex")
    assert found == {load_board("nrf52840").address: model.read_bytes()}


@pytest.mark.parametrize("form", ["hex", "elf"])
def test_a_firmware_with_the_repaired_model(flashed, tmp_path, form):
    image = intel_hex(WHOLE, ADDRESS) if form == "hex" else elf(WHOLE, ADDRESS)
    found = with_model(image, BASE, PATCHED, None)
    assert found.suffix == f".{form}"
    path = tmp_path / f"firmware{found.suffix}"
    path.write_bytes(found.data)
    assert flashed(path) == {ADDRESS: WHOLE.replace(BASE, PATCHED)}


@pytest.mark.device
def test_the_firmware_itself(flashed):
    found = flashed(built("nrf52840") / "nrf52840" / "firmware.elf")
    assert min(found) == 0
    assert 60_000 < sum(len(data) for data in found.values()) < 128 * 1024
