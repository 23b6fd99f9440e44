"""Boards for the tests in this folder: firmware built, QEMU started, and ended afterwards."""

from dataclasses import replace

import pytest

from built_firmware import built
from mendlite.replay.device.board import ConnectedBoard
from mendlite.targets.device import FIRMWARE, device_of
from waiting import HANG


@pytest.fixture
def open_board(monkeypatch):
    """Opens an emulated board by its name; all are closed when the test ends."""
    opened = []

    def open_(name, **changes):
        monkeypatch.setenv(FIRMWARE, str(built(name)))
        board = ConnectedBoard(
            replace(device_of(f"qemu:{name}", None), **{"silence": HANG, **changes})
        )
        opened.append(board)
        return board

    yield open_
    for board in opened:
        board.close()
