"""Updates in place: made here, applied by the board's own C code on a flash that loses its power."""

import ctypes
import shutil
import struct
import subprocess
import zlib

import numpy as np
import pytest

from built_firmware import ROOT
from mendlite.emit.update import update_file
from mendlite.errors import BadInputError

FIRMWARE = ROOT / "firmware_tests"
PAGE = 256
MALFORMED, BAD_REQUEST, CONFLICT, BAD_CHECKSUM = -7, -3, -9, -6
POWER_LOST = -100

READ = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32, ctypes.POINTER(ctypes.c_uint8), ctypes.c_uint32
)
ERASE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32)


class FlashOfC(ctypes.Structure):
    """struct mendlite_update_flash."""

    _fields_ = (
        ("context", ctypes.c_void_p),
        ("read", READ),
        ("erase", ERASE),
        ("write", READ),
        ("page_size", ctypes.c_uint32),
        ("room", ctypes.c_uint32),
        ("scratch", ctypes.c_uint32),
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The firmware's update.c as a library of this computer."""
    path = tmp_path_factory.mktemp("update") / "update.so"
    sources = [FIRMWARE / "app" / "update.c", FIRMWARE / "wire" / "bytes.c",
               FIRMWARE / "wire" / "crc32.c"]  # fmt: skip
    command = [shutil.which("cc"), "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
               f"-I{FIRMWARE / 'wire'}", "-o", path, *sources]  # fmt: skip
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(path))


class Flash:
    """A flash of which ``left`` bytes are changed before the power fails; None: it stays."""

    def __init__(self, model, pages=9, left=None):
        self.memory = bytearray(model.ljust(pages * PAGE, b"\xff"))
        self.left, self.changed = left, 0
        self.stuck, self.unerased = False, 0
        # Kept: C holds no references.
        self.functions = READ(self._read), ERASE(self._erase), READ(self._write)

    def _read(self, _context, offset, data, size):
        ctypes.memmove(data, bytes(self.memory[offset : offset + size]), size)
        return 0

    def _erase(self, _context, offset):
        return self._change(offset, b"\xff" * PAGE)

    def _write(self, _context, offset, data, size):
        # An exception would be lost in C.
        self.unerased += self.memory[offset : offset + PAGE] != b"\xff" * PAGE or size != PAGE
        status = self._change(offset, bytes(data[:size]))
        self.memory[offset + 3] ^= self.stuck
        return status

    def _change(self, offset, data):
        count = len(data) if self.left is None else min(len(data), self.left)
        self.memory[offset : offset + count] = data[:count]
        self.changed += count
        if self.left is not None:
            self.left -= count
        return 0 if count == len(data) else POWER_LOST


def apply(library, flash, update, page_size=PAGE, room=6 * PAGE):
    read, erase, write = flash.functions
    of_c = FlashOfC(None, read, erase, write, page_size, room, len(flash.memory) - PAGE)
    page = (ctypes.c_uint8 * page_size)()
    size = ctypes.c_size_t(len(update))
    status = library.mendlite_update_apply(ctypes.byref(of_c), update, size, page)
    assert flash.unerased == 0
    return status


RANDOM = np.random.default_rng(11)
BASE = RANDOM.bytes(5 * PAGE + 77)
EDITS = {0: 1, 3: 200, 5: 7, 255: 9, 256: 8, 700: 3, 1300: 250, 5 * PAGE + 76: 1}
NEW = bytes((b + EDITS.get(at, 0)) % 256 for at, b in enumerate(BASE))
UPDATE = update_file(BASE, NEW, 0x1000, PAGE)


def test_the_bytes_of_a_small_update_by_hand():
    old, new = b"abcdefghij", b"abXdefghiZ"
    content = (
        b"MLU1" + struct.pack("<IIIH", 8, 10, zlib.crc32(new), 2)
        + struct.pack("<HHII", 0, 1, zlib.crc32(b"abcdefgh"), zlib.crc32(b"abXdefgh"))
        + struct.pack("<HB", 2, 1) + b"X"
        + struct.pack("<HHII", 1, 1, zlib.crc32(b"ij"), zlib.crc32(b"iZ"))
        + struct.pack("<HB", 1, 1) + b"Z"
    )  # fmt: skip
    assert update_file(old, new, 0, 8) == content + struct.pack("<I", zlib.crc32(content))


def test_the_board_makes_the_new_model_and_back(library):
    flash = Flash(BASE)
    assert apply(library, flash, UPDATE) == 0
    assert flash.memory[: len(NEW)] == NEW
    # Pages 0, 1, 2 and 5 hold edits: only those and the scratch page, each time, were written.
    changed = flash.changed
    assert changed == 4 * 2 * 2 * PAGE
    assert apply(library, flash, UPDATE) == 0
    assert flash.changed == changed, "what is done is not done again"
    assert apply(library, flash, update_file(NEW, BASE, 0, PAGE)) == 0
    assert flash.memory[: len(BASE)] == BASE


@pytest.mark.parametrize("again", [None, 300])
def test_the_power_may_fail_at_any_byte(again, library):
    whole = Flash(BASE)
    apply(library, whole, UPDATE)
    for left in range(0, whole.changed, 7):
        flash = Flash(BASE, left=left)
        assert apply(library, flash, UPDATE) == POWER_LOST
        if again is not None:
            # It fails once more on the way.
            flash.left = again
            assert apply(library, flash, UPDATE) in {0, POWER_LOST}
        flash.left = None
        assert apply(library, flash, UPDATE) == 0
        assert flash.memory[: len(NEW)] == NEW


def test_a_cut_or_damaged_update_changes_nothing(library):
    flash = Flash(BASE)
    for size in range(len(UPDATE)):
        assert apply(library, flash, UPDATE[:size]) == MALFORMED
    for at in range(len(UPDATE)):
        spoiled = bytearray(UPDATE)
        spoiled[at] ^= 0x10
        assert apply(library, flash, bytes(spoiled)) == MALFORMED
    assert flash.changed == 0
    assert apply(library, flash, UPDATE, page_size=2 * PAGE) == BAD_REQUEST
    assert apply(library, flash, UPDATE, room=len(BASE) - 1) == BAD_REQUEST


def sealed(content):
    return bytes(content) + struct.pack("<I", zlib.crc32(content))


def test_a_forged_update_with_a_right_checksum_changes_nothing(library):
    """Every byte of it in turn: what it makes of the model is not what it promises."""
    flash = Flash(BASE)
    for at in range(len(UPDATE) - 4):
        spoiled = bytearray(UPDATE[:-4])
        spoiled[at] ^= 0x81
        assert apply(library, flash, sealed(spoiled)) in {MALFORMED, BAD_REQUEST, CONFLICT}, at
    for more in (b"\0", UPDATE[18:40]):
        assert apply(library, flash, sealed(UPDATE[:-4] + more)) == MALFORMED
    assert flash.changed == 0


def test_another_model_is_left_as_it_is(library):
    for at in range(0, len(BASE), 5):
        flash = Flash(BASE[:at] + bytes([BASE[at] ^ 4]) + BASE[at + 1 :])
        assert apply(library, flash, UPDATE) == CONFLICT
        assert flash.changed == 0


def test_flash_that_does_not_hold_what_is_written(library):
    """The page itself stays: the scratch page is verified before it is erased."""
    flash = Flash(BASE)
    flash.stuck = True
    assert apply(library, flash, UPDATE) == BAD_CHECKSUM
    assert flash.memory[: len(BASE)] == BASE


@pytest.mark.parametrize(
    ("data", "address", "words"),
    [
        (NEW[:-1], 0, "files of one size"),
        (NEW, 128, "begins a flash page: 0x80 is no multiple of 256"),
    ],
)
def test_what_cannot_be_updated_in_place(data, address, words):
    with pytest.raises(BadInputError, match=words):
        update_file(BASE, data, address, PAGE)


def test_equal_models_need_no_record(library):
    update = update_file(BASE, BASE, 0, PAGE)
    assert len(update) == 22
    flash = Flash(BASE)
    assert apply(library, flash, update) == 0
    assert flash.changed == 0
