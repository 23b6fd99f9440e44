"""From what the user calls a board to how it is reached."""

from __future__ import annotations

import os
from pathlib import Path

from mendlite.errors import BadInputError
from mendlite.model.device import Device, Emulator
from mendlite.model.rounding import Profile
from mendlite.targets.board import Board, build_command, load_board

EMULATED = "qemu:"
"""An address that begins so names a board that is emulated: its firmware is built and started."""

FIRMWARE = "MENDLITE_FIRMWARE"
"""Folder of the built firmware, in the environment; left out: build/firmware."""


def device_of(address: str, board_name: str | None) -> Device:
    """The device at ``address``: ``qemu:BOARD``, a port's path or a pyserial URL.

    ``board_name`` is the board at a port; without it a port has the usual baud rate and waits.
    Raises BadInputError for an unknown board, or one that cannot be emulated.
    """
    if address.startswith(EMULATED):
        board = load_board(address.removeprefix(EMULATED))
        if board.emulator is None:
            raise BadInputError(
                f"board {board.name} is not emulated: pass its port, or choose one that "
                "'mendlite device list' shows as emulated"
            )
        return _device(address, board, _emulator(board))
    if board_name is None:
        return Device(address=address)
    return _device(address, load_board(board_name), None)


def firmware_folder() -> Path:
    """Where built firmware lies."""
    return Path(os.environ.get(FIRMWARE) or Path("build") / "firmware")


def _emulator(board: Board) -> Emulator:
    if board.emulator is None:
        raise ValueError(f"board {board.name} has no emulator")
    return Emulator(
        command=tuple(board.emulator.command),
        firmware=firmware_folder() / board.name / "firmware.elf",
        preload=tuple(board.emulator.preload),
        preload_variable=board.emulator.preload_variable,
        comes_from=board.emulator.comes_from,
        built_by=build_command(board.name),
    )


def _device(address: str, board: Board, emulator: Emulator | None) -> Device:
    link = board.link
    return Device(
        address=address,
        board=board.name,
        profile=None if board.profile is None else Profile(board.profile),
        baud=link.baud,
        silence=link.silence,
        resets=link.resets,
        in_place=board.in_place,
        model_address=board.address,
        emulator=emulator,
    )
