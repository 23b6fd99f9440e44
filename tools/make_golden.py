"""Write the golden frames, which the C and the Python side of the link are both held against.

Run it as `python tools/make_golden.py`. Nothing here comes from `mendlite.wire` or from the
firmware: the payloads are written out, COBS and the CRC are made bit by bit as docs/SPEC.md says.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "firmware_tests" / "golden"
COMMAND = "python tools/make_golden.py"

SESSION = 0xA7
ANSWER = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """A frame before it is encoded."""

    name: str
    type: int
    payload: bytes
    session: int = SESSION
    sequence: int = 0x0102


def number(value: int, size: int) -> bytes:
    """A little-endian number, in two's complement where it is negative."""
    return (value % (1 << (8 * size))).to_bytes(size, "little")


def fields(*pairs: tuple[int, int]) -> bytes:
    """(value, bytes) one after the other."""
    return b"".join(number(value, size) for value, size in pairs)


def text(value: str) -> bytes:
    """A text with its length in front."""
    return bytes([len(value)]) + value.encode("ascii")


def counting(size: int) -> bytes:
    """1 to 255 over and over: no zero, so that COBS makes its longest groups."""
    return bytes(i % 255 + 1 for i in range(size))


OK, BUSY = b"\x00", b"\x01"

REQUESTS = (
    Golden(name="hello", type=0x01, payload=fields((1, 1), (SESSION, 1))),
    Golden(name="begin_model", type=0x02, payload=fields((0, 1), (12960, 4), (0xDEADBEEF, 4))),
    Golden(name="begin_samples", type=0x02, payload=fields((1, 1), (4096, 4), (1, 4))),
    Golden(name="data", type=0x03, payload=fields((65536, 4)) + b"TFL3\x00\x00\xff\x80"),
    Golden(name="load_uploaded", type=0x04,
           payload=fields((0, 1), (1, 1), (12960, 4), (0xDEADBEEF, 4))),
    Golden(name="load_flash", type=0x04, payload=fields((1, 1), (2, 1), (2500, 4), (0, 4))),
    Golden(name="run", type=0x05, payload=fields((0xBEEF, 2), (64, 2), (0xCAFEF00D, 4))),
    Golden(name="run_tensors", type=0x05,
           payload=fields((7, 2), (1, 2), (0x80000000, 4), (3, 4), (-1, 4), (300, 4))),
    Golden(name="run_recordings", type=0x05,
           payload=fields((8, 2), (60, 2), (1, 4), (20, 2), (3, 4))),
    Golden(name="read_results", type=0x06, payload=fields((2, 1), (0xBEEF, 2), (256, 4), (640, 2))),
    Golden(name="read_model", type=0x06, payload=fields((0, 1), (0, 2), (0, 4), (2043, 2))),
    Golden(name="patch", type=0x07, payload=fields((471, 4), (3, 1)) + b"\x00\x01\x02\x00\xff\x80"),
    Golden(name="reset", type=0x08, payload=b""),
    Golden(name="bye", type=0x09, payload=b""),
)  # fmt: skip
"""Every request, with the fields that tests/wire/test_golden.py names again."""

ANSWERS = (
    Golden(name="hello_answer", type=ANSWER | 0x01,
           payload=OK + fields((1, 1), (1, 1), (29, 4), (2048, 2), (4194304, 4), (0, 4))
           + text("mps2-an386") + text("mendlite-int8")),
    Golden(name="begin_answer", type=ANSWER | 0x02, payload=OK + fields((0, 4))),
    Golden(name="data_answer", type=ANSWER | 0x03, payload=OK + fields((65544, 4))),
    Golden(name="load_answer", type=ANSWER | 0x04,
           payload=OK + fields((0, 1), (-1, 4), (2656, 4), (4178672, 4), (64, 4), (10, 4))),
    Golden(name="load_answer_unsupported", type=ANSWER | 0x04,
           payload=OK + fields((-8, 1), (5, 4), (0, 4), (0, 4), (0, 4), (0, 4))),
    Golden(name="run_answer", type=ANSWER | 0x05,
           payload=OK + fields((64, 2), (1868, 4), (640, 4), (0x01020304, 4))),
    Golden(name="run_answer_busy", type=ANSWER | 0x05,
           payload=BUSY + fields((3, 2), (87, 4), (640, 4), (0, 4))),
    Golden(name="read_answer", type=ANSWER | 0x06, payload=OK + fields((256, 4)) + b"\x80\x7f\x00"),
    Golden(name="patch_answer", type=ANSWER | 0x07, payload=OK),
    Golden(name="reset_answer", type=ANSWER | 0x08, payload=OK),
    Golden(name="bye_answer", type=ANSWER | 0x09, payload=OK),
    Golden(name="damaged_answer", type=ANSWER, payload=number(-1, 1), sequence=0),
    Golden(name="no_session_answer", type=ANSWER | 0x05, payload=number(-2, 1), session=0),
    Golden(name="conflict_answer", type=ANSWER | 0x07, payload=number(-9, 1)),
)  # fmt: skip
"""Every answer."""

SHAPES = (
    Golden(name="empty", type=0x08, payload=b"", session=0, sequence=0),
    Golden(name="highest_numbers", type=0xFF, payload=b"\xff", session=255, sequence=65535),
    *(Golden(name=f"counting_{n}", type=0x03, payload=counting(n)) for n in (253, 254, 255, 508)),
    *(Golden(name=f"zeros_{n}", type=0x03, payload=bytes(n)) for n in (1, 253, 254, 255, 508)),
    *(Golden(name=f"ones_{n}", type=0x03, payload=b"\xff" * n) for n in (1, 253, 254, 255, 508)),
    # With the header's four bytes (none zero) COBS has full groups of 254 in front of the checksum.
    *(Golden(name=f"group_{n}", type=0x03, payload=counting(n)) for n in (245, 246, 247, 500)),
    Golden(name="largest", type=0x83, payload=OK + counting(2047)),
)
"""Frames at COBS's edges."""

FRAMES = (*REQUESTS, *ANSWERS, *SHAPES)


def crc32(data: bytes) -> int:
    """CRC-32 of IEEE 802.3, one bit at a time."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def stuff(data: bytes) -> bytes:
    """COBS: each zero gives way to the distance to the next; at most 254 bytes a group."""
    groups: list[bytes] = []
    rest = data + b"\x00"
    while rest:
        size = min(rest.index(0), 254)
        groups.append(bytes([size + 1]) + rest[:size])
        # A full group stands for its bytes alone, any other for a zero behind them; the last zero
        # is the one that was added, which a full group at the very end does without.
        rest = rest[size:] if size == 254 and len(rest) > 255 else rest[size + 1 :]
    return b"".join(groups)


def encoded(frame: Golden) -> bytes:
    """The frame on the wire."""
    body = fields((frame.type, 1), (frame.session, 1), (frame.sequence, 2)) + frame.payload
    return stuff(body + number(crc32(body), 4)) + b"\x00"


def as_json() -> str:
    """For Python."""
    rows = [
        {
            "name": frame.name,
            "type": frame.type,
            "session": frame.session,
            "sequence": frame.sequence,
            "payload": frame.payload.hex(),
            "encoded": encoded(frame).hex(),
        }
        for frame in FRAMES
    ]
    return json.dumps(rows, indent=1) + "\n"


HEAD = f"""\
/* Made by {COMMAND}; do not edit. */
#ifndef MENDLITE_GOLDEN_FRAMES_H
#define MENDLITE_GOLDEN_FRAMES_H

#include <stddef.h>
#include <stdint.h>

struct golden_frame {{
  const char *name;
  uint8_t type;
  uint8_t session;
  uint16_t sequence;
  const uint8_t *payload;
  size_t payload_size;
  /* With the zero that ends it. */
  const uint8_t *encoded;
  size_t encoded_size;
}};

"""


def as_header() -> str:
    """For C."""
    arrays = [
        _array(frame.name, part, data)
        for frame in FRAMES
        for part, data in (("payload", frame.payload), ("encoded", encoded(frame)))
    ]
    rows = [
        f'    {{"{f.name}", 0x{f.type:02x}, {f.session}, {f.sequence}, golden_{f.name}_payload, '
        f"{len(f.payload)}, golden_{f.name}_encoded, {len(encoded(f))}}},\n"
        for f in FRAMES
    ]
    table = f"static const struct golden_frame golden_frames[{len(FRAMES)}] = {{\n"
    return HEAD + "".join(arrays) + "\n" + table + "".join(rows) + "};\n\n#endif\n"


def _array(name: str, part: str, data: bytes) -> str:
    # An array of no elements is none in C.
    values = [f"0x{byte:02x}" for byte in data or b"\x00"]
    lines = [", ".join(values[i : i + 16]) for i in range(0, len(values), 16)]
    body = ",\n    ".join(lines)
    return f"static const uint8_t golden_{name}_{part}[] = {{\n    {body}}};\n"


FILES = {"frames.json": as_json, "frames.h": as_header}


def main() -> int:
    """Write the files."""
    for name, make in FILES.items():
        (FOLDER / name).write_text(make(), encoding="ascii")
        print(FOLDER / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
