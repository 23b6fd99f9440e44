"""Updates in place on emulated boards: a repaired model and back, with a power that fails."""

import struct

import pytest
from board_program import started

from built_firmware import ROOT
from mendlite.emit.update import update_file
from waiting import HANG

PAGE, WHOLE = 1024, 17 * 1024
POWER_LOST, MALFORMED, CONFLICT = -100, -7, -9
ALL = 2**32 - 1

pytestmark = [pytest.mark.device, pytest.mark.slow]


class BoardWithFlash:
    """A board under QEMU that runs update_main.c."""

    def __init__(self, name, folder):
        self.line = started(name, "update_main", folder)

    def update(self, update, model=b"", left=ALL):
        """(status, changed bytes, flash) after an update of ``model``, or of what is there."""
        self.line.write(struct.pack("<III", len(model), len(update), left) + model + update)
        answer = b""
        while len(answer) < 8 + WHOLE:
            data = self.line.read(HANG)
            assert data, "the board does not answer"
            answer += data
        return (*struct.unpack_from("<iI", answer), answer[8:])


@pytest.fixture(params=["mps2-an386-semihosting", "riscv-virt"])
def board(request, tmp_path):
    opened = BoardWithFlash(request.param, tmp_path)
    yield opened
    opened.line.close()


def test_a_repaired_model_and_back_whenever_the_power_fails(board):
    base = (ROOT / "targets" / "models" / "digits" / "int8.tflite").read_bytes()
    repaired = bytearray(base)
    for at in range(2000, len(base), 400):
        repaired[at] ^= 3
    repaired = bytes(repaired)
    there = update_file(base, repaired, 0, PAGE)
    assert len(there) < 500
    status, whole, flash = board.update(there, base)
    assert (status, flash[: len(base)]) == (0, repaired)
    for left in range(0, whole, 3 * PAGE // 2 + 77):
        status, changed, _ = board.update(there, base, left)
        assert (status, changed) == (POWER_LOST, left)
        status, _, flash = board.update(there)
        assert (status, flash[: len(base)]) == (0, repaired)
    # A rollback, whose power fails as well.
    back = update_file(repaired, base, 0, PAGE)
    assert board.update(back, left=3000)[0] == POWER_LOST
    status, _, flash = board.update(back)
    assert (status, flash[: len(base)]) == (0, base)
    # Damaged, cut off, and for another model: nothing is changed.
    spoiled = bytes([*there[:30], there[30] ^ 1, *there[31:]])
    for update, expected in ((spoiled, MALFORMED), (there[:-3], MALFORMED)):
        assert board.update(update)[:2] == (expected, 0)
    other = bytes([base[0] ^ 1]) + base[1:]
    assert board.update(there, other)[:2] == (CONFLICT, 0)
