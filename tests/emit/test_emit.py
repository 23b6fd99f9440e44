"""Every emitted form read back: by a compiler, by the formats' own readers, by hand."""

import ctypes
import json
import shutil
import struct
import subprocess
from hashlib import sha256
from io import BytesIO, StringIO

import detools
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from intelhex import IntelHex

from mendlite.emit.c_array import c_header, c_source, symbol
from mendlite.emit.changes import changes
from mendlite.emit.firmware import with_model
from mendlite.emit.hex_file import intel_hex
from mendlite.emit.manifest import manifest
from mendlite.emit.ota import smallest_delta
from mendlite.emit.uf2 import uf2
from mendlite.errors import BadInputError
from mendlite.targets.board import load_board, named_boards

DATA = bytes(np.random.default_rng(0).integers(0, 256, 1000, np.uint8))


def patched(data=DATA, places=(3, 4, 700)):
    changed = bytearray(data)
    for place in places:
        changed[place] ^= 0x55
    return bytes(changed)


@pytest.mark.parametrize("compiler", ["cc", "c++"])
def test_the_c_array_compiles_to_the_same_bytes(tmp_path, compiler):
    if shutil.which(compiler) is None:
        pytest.fail(f"{compiler} is needed: apt install build-essential")
    (tmp_path / "g_model.h").write_bytes(c_header("g_model"))
    source = c_source("g_model", DATA, "g_model.h")
    if compiler == "c++":
        # A constant of a C++ namespace is seen from outside through its header.
        source = source.replace(b"alignas", b'extern "C" alignas').replace(
            b"const unsigned int", b'extern "C" const unsigned int'
        )
        header = (tmp_path / "g_model.h").read_bytes()
        (tmp_path / "g_model.h").write_bytes(header.replace(b"extern const", b'extern "C" const'))
    path = tmp_path / ("g_model.c" if compiler == "cc" else "g_model.cc")
    path.write_bytes(source)
    library = tmp_path / "g_model.so"
    subprocess.run(
        [compiler, "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(library), str(path)],
        check=True, cwd=tmp_path,
    )  # fmt: skip
    loaded = ctypes.CDLL(str(library))
    count = ctypes.c_uint.in_dll(loaded, "g_model_len").value
    array = (ctypes.c_ubyte * count).in_dll(loaded, "g_model")
    assert bytes(array) == DATA
    assert ctypes.addressof(array) % 16 == 0


def test_names_become_identifiers():
    assert symbol("my-model.v2") == "my_model_v2"
    assert symbol("8bit") == "_8bit"
    with pytest.raises(BadInputError, match="needs a name"):
        symbol("")


@pytest.mark.parametrize("address", [0, 0x80000, 0x0801FFF8, 0x10100000])
def test_intel_hex_is_read_back(address):
    image = IntelHex(StringIO(intel_hex(DATA, address).decode()))
    assert image.minaddr() == address
    assert image.tobinstr() == DATA


@given(st.binary(min_size=1, max_size=1500), st.integers(0, 2**31))
def test_uf2_is_read_back(data, address):
    # The reader of the specification: fields by their offsets, one block after the other.
    blocks = uf2(data, address, 0xE48BFF56)
    assert len(blocks) % 512 == 0
    found = b""
    for number in range(len(blocks) // 512):
        block = blocks[512 * number : 512 * (number + 1)]
        fields = struct.unpack("<8I", block[:32])
        assert fields[:2] == (0x0A324655, 0x9E5D5157)
        assert struct.unpack("<I", block[-4:]) == (0x0AB16F30,)
        assert fields[2] == 0x2000
        assert fields[3] == address + len(found)
        assert fields[5:] == (number, len(blocks) // 512, 0xE48BFF56)
        found += block[32 : 32 + fields[4]]
    assert found[: len(data)] == data
    assert set(found[len(data) :]) <= {0xFF}


def applied(base, delta):
    """What detools' own reader makes of a delta."""
    sink = BytesIO()
    detools.apply_patch(BytesIO(base), BytesIO(delta), sink)
    return sink.getvalue()


def test_the_delta_is_applied_by_its_own_reader():
    found = smallest_delta(DATA, patched())
    assert applied(DATA, found.data) == patched()
    assert len(found.data) < 100


def test_a_delta_of_another_file_does_not_give_the_patch():
    other = bytes(reversed(DATA))
    assert applied(other, smallest_delta(DATA, patched()).data) != patched()


def test_ranges_and_pages_by_hand():
    found = changes(DATA, patched(), address=100, page_size=256)
    assert found.bytes_changed == 3
    assert found.ranges == ((3, 2), (700, 1))
    assert found.pages == (0, 768)
    assert changes(DATA, DATA, 0, 256).ranges == ()
    # 1,000 bytes from 100 on lie on the pages that begin at 0, 256, 512, 768 and 1,024.
    assert changes(DATA, DATA, 100, 256).pages_in_all == 5


def test_a_firmware_takes_the_repaired_model_where_the_old_one_lies():
    image = b"boot" * 9 + DATA + b"tail"
    found = with_model(image, DATA, patched(), None)
    assert found.data == b"boot" * 9 + patched() + b"tail"
    assert (found.suffix, found.offset, found.sealed) == (".bin", 36, ())
    assert with_model(image, DATA, patched(), 36) == found
    with pytest.raises(BadInputError, match="holds other bytes than the int8 file at offset 0x23"):
        with_model(image, DATA, patched(), 35)
    with pytest.raises(BadInputError, match="does not hold the int8 file"):
        with_model(b"boot", DATA, patched(), None)
    with pytest.raises(BadInputError, match="twice"):
        with_model(image + DATA, DATA, patched(), None)


def test_the_manifest_names_every_file():
    board = load_board("rp2040")
    found = changes(DATA, patched(), board.address, board.page_size)
    text = manifest(
        base=DATA, data=patched(), changes=found, board=board.name, files={"m.bin": patched()}
    )
    values = json.loads(text)
    assert values["base_sha256"] == sha256(DATA).hexdigest()
    assert values["patched_sha256"] == sha256(patched()).hexdigest()
    assert values["files"]["m.bin"] == {"bytes": 1000, "sha256": values["patched_sha256"]}
    assert values["ranges"] == [[3, 2], [700, 1]]
    assert values["pages"] == [0x10100000]
    assert values["pages_of_the_model"] == 1
    assert "is the same in both files" in values["unchanged"]


def test_every_named_board_is_whole():
    names = [name for name, _path in named_boards()]
    assert len(names) >= 4
    for name in names:
        board = load_board(name)
        assert board.name == name
        assert not board.flash or board.flash_from


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "x"', "missing required field"),
        ('name = "x"\ndescription = ""\naddress = -1\npage_size = 1', "Expected `int` >= 0"),
        ('name = "x"\ndescription = ""\naddress = 0\npage_size = 1\ncolour = 1', "unknown field"),
        (
            'name = "x"\ndescription = ""\naddress = 0\npage_size = 1\nflash = ["{elf}"]',
            "flash names 'elf'; it may name bin, hex",
        ),
        ("name = ", "x.toml"),
    ],
)
def test_a_broken_board_is_one_line(tmp_path, text, words):
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=words):
        load_board(str(path))


def test_an_unknown_board_names_the_known_ones():
    with pytest.raises(BadInputError, match="no board is called 'nothing'; there are: host"):
        load_board("nothing")
