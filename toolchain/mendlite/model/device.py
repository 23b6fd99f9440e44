"""Which board, and how it is reached."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mendlite.model.rounding import Profile

BAUD = 115200
SILENCE = 10.0
"""Seconds without a valid response after which a board counts as gone."""

RESETS = 3
"""How often a board may be reset under one piece of work before it is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """A program that plays the board, its link on standard input and output or on a socket.

    ``command`` starts it; {firmware} and {link} (a file descriptor's number) are filled in, and
    ``preload`` is added, with {model} and {address}, where a model is executed in place.
    ``comes_from`` states how to get the program, ``built_by`` the command that builds the firmware.
    """

    command: tuple[str, ...]
    firmware: Path
    preload: tuple[str, ...] = ()
    preload_variable: str = ""
    comes_from: str = ""
    built_by: str = "make firmware"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A board and its line.

    ``address`` is what the user calls it by (a port, a pyserial URL, ``qemu:NAME``); ``emulator``
    is None for a real line. ``profile`` is the rounding that its kernels follow (None: whatever the
    host requests). ``in_place``: the model is executed from flash at ``model_address`` rather than
    uploaded.
    """

    address: str
    board: str = ""
    profile: Profile | None = None
    baud: int = BAUD
    silence: float = SILENCE
    resets: int = RESETS
    in_place: bool = False
    model_address: int = 0
    emulator: Emulator | None = None
