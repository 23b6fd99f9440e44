"""Intel HEX through the intelhex package."""

from __future__ import annotations

from io import StringIO

from mendlite.packages import load


def intel_hex(data: bytes, address: int) -> bytes:
    """The bytes at ``address`` of the board's memory."""
    intelhex = load("intelhex", "Intel HEX")
    image = intelhex.IntelHex()
    image.frombytes(data, offset=address)
    sink = StringIO()
    image.write_hex_file(sink)
    return sink.getvalue().encode()
