"""Intel HEX through the intelhex package."""

from __future__ import annotations

from importlib import import_module
from io import StringIO
from typing import Any


def intel_hex(data: bytes, address: int) -> bytes:
    """The bytes at ``address`` of the board's memory."""
    intelhex: Any = import_module("intelhex")
    image = intelhex.IntelHex()
    image.frombytes(data, offset=address)
    sink = StringIO()
    image.write_hex_file(sink)
    return sink.getvalue().encode()
