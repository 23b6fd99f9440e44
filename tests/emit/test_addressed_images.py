"""Intel HEX and UF2 with a model inside: read by other tools before and after."""

import struct
import subprocess
from contextlib import suppress
from io import StringIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from intelhex import IntelHex
from sealed_images import esp_image, mcuboot_image, tool

from mendlite.emit.addressed import AddressedBytes, regions
from mendlite.emit.firmware import with_model
from mendlite.emit.hex_file import intel_hex, read_hex
from mendlite.emit.uf2 import BLOCK, read_uf2, uf2
from mendlite.errors import BadInputError

RANDOM = np.random.default_rng(5)
BASE = RANDOM.bytes(1000)
PATCHED = bytes([*BASE[:100], BASE[100] ^ 1, *BASE[101:]])
BEFORE, BEHIND = RANDOM.bytes(333), RANDOM.bytes(77)
WHOLE = BEFORE + BASE + BEHIND
FAMILY = 0xE48BFF56


def memory(text):
    """What intelhex reads in a HEX file."""
    return IntelHex(StringIO(text.decode()))


def data_of(blocks):
    """A UF2's bytes by address, with no code of mendlite's."""
    found = {}
    for at in range(0, len(blocks), 512):
        _, _, _, address, size, _, _, _ = struct.unpack_from("<8I", blocks, at)
        found[address] = blocks[at + 32 : at + 32 + size]
    return found


@pytest.mark.parametrize("address", [0x0800_0000, 0xFFF0, 0x1000_FF80])
def test_a_hex_file_keeps_all_but_the_model(address):
    text = intel_hex(WHOLE, address)
    found = with_model(text, BASE, PATCHED, None)
    assert (found.suffix, found.offset, found.addressed) == (".hex", address + 333, True)
    image = memory(found.data)
    assert image.tobinstr(address, size=len(WHOLE)) == BEFORE + PATCHED + BEHIND
    lines = zip(text.splitlines(), found.data.splitlines(), strict=True)
    assert sum(a != b for a, b in lines) == 1
    assert with_model(text, BASE, PATCHED, address + 333) == found
    with pytest.raises(BadInputError, match="other bytes than the int8 file at offset"):
        with_model(text, BASE, PATCHED, address + 332)
    with pytest.raises(BadInputError, match="in 0 stretches of memory at address 0x5"):
        with_model(text, BASE, PATCHED, 5)


def test_srec_cat_reads_a_repaired_hex_file(tmp_path):
    text = intel_hex(WHOLE, 0x0800_0000)
    (tmp_path / "new.hex").write_bytes(with_model(text, BASE, PATCHED, None).data)
    command = [
        "srec_cat",
        "new.hex",
        "-intel",
        "-offset",
        "-0x08000000",
        "-o",
        "new.bin",
        "-binary",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "new.bin").read_bytes() == BEFORE + PATCHED + BEHIND


def test_a_hex_file_of_srec_cat_with_a_gap_and_small_records(tmp_path):
    (tmp_path / "all.bin").write_bytes(WHOLE)
    (tmp_path / "boot.bin").write_bytes(b"boot")
    command = ["srec_cat", "boot.bin", "-binary", "all.bin", "-binary", "-offset", "0x10040",
               "-o", "in.hex", "-intel", "-line-length=44"]  # fmt: skip
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    text = (tmp_path / "in.hex").read_bytes()
    found = memory(with_model(text, BASE, PATCHED, None).data)
    assert found.tobinstr(0x10040, size=len(WHOLE)) == BEFORE + PATCHED + BEHIND
    assert found.tobinstr(0, size=4) == b"boot"


def test_small_letters_and_ends_of_lines_stay():
    text = intel_hex(WHOLE, 0).lower().replace(b"\n", b"\r\n")
    found = with_model(text, BASE, PATCHED, None).data
    assert found == found.lower()
    assert found.count(b"\r\n") == text.count(b"\r\n")
    assert memory(found).tobinstr() == BEFORE + PATCHED + BEHIND


def test_a_uf2_keeps_all_but_the_model():
    blocks = uf2(WHOLE, 0x1000_0000, FAMILY)
    found = with_model(blocks, BASE, PATCHED, None)
    assert (found.suffix, found.offset, found.addressed) == (".uf2", 0x1000_0000 + 333, True)
    assert found.data == uf2(BEFORE + PATCHED + BEHIND, 0x1000_0000, FAMILY)
    # In another order, as a file may be, the same memory.
    half = len(blocks) // 1024 * 512
    turned = with_model(blocks[half:] + blocks[:half], BASE, PATCHED, None)
    assert data_of(turned.data) == data_of(found.data)


def test_a_uf2_for_two_chips_is_refused_without_an_address():
    both = uf2(WHOLE, 0x1000_0000, FAMILY) + uf2(WHOLE, 0x1000_0000, 7)
    with pytest.raises(BadInputError, match="in 2 stretches"):
        with_model(both, BASE, PATCHED, None)


def test_blocks_that_are_no_flash_stay():
    blocks = bytearray(uf2(WHOLE, 0, FAMILY))
    note = bytearray(blocks[:BLOCK])
    note[8:12] = struct.pack("<I", 1)
    found = with_model(bytes(note + blocks), BASE, PATCHED, None)
    assert found.data[:BLOCK] == bytes(note)


@pytest.mark.parametrize(
    ("flags", "words"), [(0x6000, "MD5 digests of flash .block 1."), (0x3000, "files .block 1.")]
)
def test_digests_and_files_in_a_uf2_are_refused(flags, words):
    blocks = bytearray(uf2(WHOLE, 0, FAMILY))
    blocks[BLOCK + 8 : BLOCK + 12] = struct.pack("<I", flags)
    with pytest.raises(BadInputError, match=words):
        with_model(bytes(blocks), BASE, PATCHED, None)


@pytest.mark.parametrize("chip", ["esp32", "esp32s3", "esp32c3"])
def test_an_esp_image_in_a_hex_file_is_sealed_anew(tmp_path, chip):
    image = esp_image(tmp_path, chip, WHOLE.ljust(2048, b"\0"))
    found = with_model(intel_hex(image, 0x1_0000), BASE, PATCHED, None)
    assert found.sealed
    path = tmp_path / "new.bin"
    path.write_bytes(memory(found.data).tobinstr(0x1_0000))
    text = tool("esptool", "--chip", chip, "image-info", path)
    assert "(valid)" in text
    assert "invalid" not in text


def test_a_signed_image_in_a_hex_file_is_refused(tmp_path):
    tool("imgtool", "keygen", "--key", tmp_path / "key.pem", "--type", "ecdsa-p256")
    image = mcuboot_image(tmp_path, WHOLE, "--key", tmp_path / "key.pem")
    with pytest.raises(BadInputError, match="imgtool sign"):
        with_model(intel_hex(image, 0x8000), BASE, PATCHED, None)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda lines: [*lines[:3], lines[3][:-2] + b"00", *lines[4:]], "damaged in line 4"),
        (lambda lines: [*lines[:3], lines[3][:-2], *lines[4:]], "damaged in line 4"),
        (lambda lines: [*lines[:3], lines[3][1:], *lines[4:]], "damaged in line 4"),
        (lambda lines: lines[:-1], "it is cut off"),
        (lambda lines: [*lines[:3], *lines[2:]], "two values for address"),
        (lambda lines: [b":03000004000000F9", *lines], "damaged in line 1"),
    ],
    ids=["checksum", "cut", "no colon", "no end", "twice", "long base"],
)
def test_a_damaged_hex_file_is_one_line(spoil, words):
    lines = intel_hex(WHOLE, 0).splitlines()
    with pytest.raises(BadInputError, match=words):
        with_model(b"\n".join(spoil(lines)), BASE, PATCHED, None)


def test_a_cut_uf2_is_one_line():
    with pytest.raises(BadInputError, match="no multiple of 512 bytes"):
        read_uf2(uf2(WHOLE, 0, FAMILY)[:-1])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for reader, head in ((read_hex, b":00000001FF\n"), (read_uf2, b"UF2\n")):
        for image in (data, head + data, (head + data).ljust(BLOCK, b"\0")):
            with suppress(BadInputError):
                pieces = reader(image).pieces
                assert sum(len(piece.data) for piece in pieces) <= len(image)


def test_regions_are_joined_across_pieces():
    found = regions([
        AddressedBytes(address=4, data=b"ef"),
        AddressedBytes(address=0, data=b"abcd"),
        AddressedBytes(address=9, data=b"x"),
        AddressedBytes(address=6, data=b"gh", family=1),
    ])  # fmt: skip
    assert [(r.address, r.data) for r in found] == [(0, b"abcdef"), (9, b"x"), (6, b"gh")]
