"""S-records with a model inside: written by srec_cat and objcopy, read back by bincopy and srec_cat."""

import subprocess
from contextlib import suppress

import bincopy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.emit.firmware import with_model
from mendlite.emit.srec_file import read_srec
from mendlite.errors import BadInputError

RANDOM = np.random.default_rng(6)
BASE = RANDOM.bytes(1000)
PATCHED = bytes([*BASE[:100], BASE[100] ^ 1, *BASE[101:]])
BEFORE, BEHIND = RANDOM.bytes(333), RANDOM.bytes(77)
WHOLE = BEFORE + BASE + BEHIND
REPAIRED = BEFORE + PATCHED + BEHIND


def srec(address, data=WHOLE, **options):
    """S-records as bincopy writes them."""
    file = bincopy.BinFile()
    file.add_binary(data, address)
    return file.as_srec(**options).encode()


def memory(text):
    """Address and bytes, as bincopy reads them; it verifies each record's checksum."""
    file = bincopy.BinFile()
    file.add_srec(text.decode())
    return [(segment.address, bytes(segment.data)) for segment in file.segments]


@pytest.mark.parametrize(
    ("address", "bits", "kind"),
    [(0x1000, 16, b"S1"), (0x08_0000, 24, b"S2"), (0x0800_0000, 32, b"S3")],
)
def test_all_but_the_model_stays(address, bits, kind):
    text = srec(address, address_length_bits=bits)
    found = with_model(text, BASE, PATCHED, None)
    assert (found.suffix, found.offset, found.addressed) == (".srec", address + 333, True)
    assert memory(found.data) == [(address, REPAIRED)]
    lines = list(zip(text.splitlines(), found.data.splitlines(), strict=True))
    [(before, after)] = [(a, b) for a, b in lines if a != b]
    assert before.startswith(kind)
    assert len(before) == len(after)
    assert with_model(text, BASE, PATCHED, address + 333) == found
    with pytest.raises(BadInputError, match="other bytes than the int8 file at offset"):
        with_model(text, BASE, PATCHED, address + 332)


def test_a_record_by_hand():
    text = b"S10500001234B4\nS9030000FC\n"
    assert read_srec(text).pieces[0].data == b"\x12\x34"
    # 05 + 00 + 00 + 12 + 35 = 4C; FF - 4C = B3
    assert read_srec(text).replaced([b"\x12\x35"]) == b"S10500001235B3\nS9030000FC\n"


def test_objcopys_and_srec_cats_files(tmp_path):
    (tmp_path / "all.bin").write_bytes(WHOLE)
    (tmp_path / "boot.bin").write_bytes(b"boot")
    commands = {
        "objcopy": "objcopy -I binary -O srec --change-addresses=0x08000000 all.bin objcopy.srec",
        "cat": "srec_cat boot.bin -binary all.bin -binary -offset 0x10040 -o cat.srec -motorola",
    }
    for name, command in commands.items():
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
        text = (tmp_path / f"{name}.srec").read_bytes()
        found = with_model(text, BASE, PATCHED, None).data
        assert memory(found)[-1][1] == REPAIRED
        (tmp_path / "new.srec").write_bytes(found)
        back = f"srec_cat new.srec -motorola -offset -{memory(found)[0][0]} -o new.bin -binary"
        subprocess.run(back.split(), cwd=tmp_path, check=True, capture_output=True)
        assert (tmp_path / "new.bin").read_bytes().endswith(REPAIRED)
    assert memory(found)[0] == (0, b"boot")


def test_small_letters_and_ends_of_lines_stay():
    text = srec(0).replace(b"\n", b"\r\n")
    text = b"".join(b"S" + line[1:].lower() for line in text.splitlines(keepends=True))
    found = with_model(text, BASE, PATCHED, None).data
    assert found.replace(b"S", b"") == found.replace(b"S", b"").lower()
    assert found.count(b"\r\n") == text.count(b"\r\n")
    assert memory(found) == [(0, REPAIRED)]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda lines: [*lines[:3], lines[3][:-2] + b"00", *lines[4:]], "damaged in line 4"),
        (lambda lines: [*lines[:3], lines[3][:-2], *lines[4:]], "damaged in line 4"),
        (lambda lines: [*lines[:3], lines[3][1:], *lines[4:]], "damaged in line 4"),
        (lambda lines: [*lines[:3], b"S4030000FC", *lines[3:]], "damaged in line 4"),
        (lambda lines: [*lines[:3], b"S10100FE", *lines[3:]], "damaged in line 4"),
        (lambda lines: lines[:-1], "it is cut off"),
        (lambda lines: [*lines[:3], *lines[4:]], "has 44 records of data, line 45 counts 45"),
        (lambda lines: [*lines[:3], *lines[2:-1], b"S9030000FC"], "two values for address"),
    ],
    ids=["checksum", "cut", "no S", "S4", "no address", "no end", "one less", "twice"],
)
def test_a_damaged_file_is_one_line(spoil, words):
    lines = srec(0, address_length_bits=16).splitlines()
    with pytest.raises(BadInputError, match=words):
        with_model(b"\n".join(spoil(lines)), BASE, PATCHED, None)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for image in (data, b"S9030000FC\n" + data, b"S1" + data):
        with suppress(BadInputError):
            assert sum(len(piece.data) for piece in read_srec(image).pieces) <= len(image)
