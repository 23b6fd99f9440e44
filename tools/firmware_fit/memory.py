"""Read a board's memory from its linker script (firmware_tests/port)."""

from __future__ import annotations

import re
from dataclasses import dataclass

LENGTH = r"{}\s*\(\w+\)\s*:\s*ORIGIN\s*=\s*\w+,\s*LENGTH\s*=\s*([^\n]+)"
SIZE = re.compile(r"(-?)\s*(0[xX][0-9a-fA-F]+|\d+)([KM]?)")
UNITS = {"": 1, "K": 1024, "M": 1024 * 1024}


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes of a board: ``flash`` for code, ``model_flash`` for a model, ``ram``, its ``stack``."""

    flash: int
    ram: int
    stack: int
    model_flash: int


def read_memory(script: str) -> Memory:
    """What a linker script states; raises ValueError where it does not."""
    return Memory(
        flash=_size(_found(LENGTH.format("CODE"), script)),
        ram=_size(_found(LENGTH.format("RAM"), script)),
        stack=_symbol("mendlite_link_stack_size", script),
        model_flash=_symbol("mendlite_link_flash_end", script)
        - _symbol("mendlite_link_flash_start", script),
    )


def _symbol(name: str, script: str) -> int:
    return _size(_found(rf"{name}\s*=\s*([^;]+);", script))


def _found(pattern: str, script: str) -> str:
    match = re.search(pattern, script)
    if match is None:
        raise ValueError(f"the linker script has no {pattern}")
    return match.group(1)


def _size(text: str) -> int:
    """A sum such as ``1024K - 256``, in bytes."""
    return sum(
        (-1 if sign else 1) * int(number, 0) * UNITS[unit]
        for sign, number, unit in SIZE.findall(text)
    )
