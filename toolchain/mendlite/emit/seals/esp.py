"""Images of Espressif's boot loaders: ESP8266 to ESP32-P4.

Layout (esptool, ``bin_image.py``; ESP-IDF, ``esp_app_format.h``): a header of 8 bytes (magic 0xE9,
number of segments, flash settings, entry point), on all chips but the ESP8266 16 more (chip,
revisions; the last byte is 1 if a digest is appended), then segments (address, length, data).
One byte at the end of a 16-byte line is 0xEF exclusive-or all segment data; the SHA-256 of
everything before may follow. A Secure Boot signature may follow that: version 1, 68 bytes; version
2, a block at the next 4,096 bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from mendlite.emit.seals.seal import Seal
from mendlite.errors import BadInputError

MAGIC = 0xE9
SECTOR = 4096
"""Every partition of a flash image begins at a multiple of this."""

SHORT, LONG = 8, 24
"""Bytes of the header of the ESP8266 and of all others."""

CHIP, HASH_APPENDED = 12, 23
"""Where the long header holds the chip's number (uint16) and whether a digest is appended."""

RESERVED = slice(19, 23)
"""Zeros in the long header."""

CHIPS = {
    0: "ESP32", 2: "ESP32-S2", 5: "ESP32-C3", 9: "ESP32-S3", 12: "ESP32-C2", 13: "ESP32-C6",
    16: "ESP32-H2", 17: "ESP32-C5", 18: "ESP32-P4", 20: "ESP32-C61",
}  # fmt: skip

SEGMENTS_AT_MOST = 16
CHECKSUM_START = 0xEF
DIGEST = 32
SIGNATURE_V1 = 68


@dataclass(frozen=True, slots=True, kw_only=True)
class EspImage:
    """One image inside a file: ``segments`` are (offset, size) of their data in the file.

    ``checksum`` is the offset of the checksum's byte, ``digest`` that of the SHA-256 or None.
    """

    begin: int
    chip: str
    segments: tuple[tuple[int, int], ...]
    checksum: int
    digest: int | None

    @property
    def end(self) -> int:
        """Behind the checksum and the digest."""
        return self.checksum + 1 if self.digest is None else self.digest + DIGEST

    def expected_checksum(self, image: bytes | bytearray) -> int:
        """0xEF exclusive-or every byte of the segments."""
        checksum = CHECKSUM_START
        for at, size in self.segments:
            checksum ^= int(np.bitwise_xor.reduce(np.frombuffer(image, np.uint8, size, at)))
        return checksum

    def expected_digest(self, image: bytes | bytearray) -> bytes:
        """SHA-256 of everything before the digest."""
        return sha256(image[self.begin : self.digest]).digest()

    def holds(self, image: bytes) -> bool:
        """Whether checksum and digest are those of the image's bytes."""
        if image[self.checksum] != self.expected_checksum(image):
            return False
        at = self.digest
        return at is None or image[at : at + DIGEST] == self.expected_digest(image)

    def renew(self, image: bytearray) -> None:
        """Compute checksum and digest again."""
        image[self.checksum] = self.expected_checksum(image)
        if self.digest is not None:
            image[self.digest : self.digest + DIGEST] = self.expected_digest(image)


def parse(image: bytes, begin: int, header: int) -> EspImage | None:
    """The image that begins there with a header of that length; None where there is none."""
    if begin + header > len(image) or image[begin] != MAGIC:
        return None
    segments = _segments(image, begin + header, image[begin + 1])
    if segments is None:
        return None
    behind = sum(segments[-1]) - begin
    checksum = begin + behind - behind % 16 + 15
    chip, digest = "ESP8266", None
    if header == LONG:
        number = int.from_bytes(image[begin + CHIP : begin + CHIP + 2], "little")
        if image[begin + HASH_APPENDED] > 1:
            return None
        chip = CHIPS.get(number, f"ESP (chip {number})")
        digest = checksum + 1 if image[begin + HASH_APPENDED] else None
    parsed = EspImage(begin=begin, chip=chip, segments=segments, checksum=checksum, digest=digest)
    return parsed if parsed.end <= len(image) else None


def _segments(image: bytes, at: int, count: int) -> tuple[tuple[int, int], ...] | None:
    """(offset, size) of each segment's data; None where they do not fit into the file."""
    if not 1 <= count <= SEGMENTS_AT_MOST:
        return None
    segments: list[tuple[int, int]] = []
    for _ in range(count):
        if at + 8 > len(image):
            return None
        size = struct.unpack_from("<I", image, at + 4)[0]
        if size % 4 or at + 8 + size > len(image):
            return None
        segments.append((at + 8, size))
        at += 8 + size
    return tuple(segments)


def esp_seals(image: bytes, at: int, size: int) -> list[Seal]:
    """The seals of images that cover ``size`` bytes at ``at``.

    Raises BadInputError where such an image is signed or cut off, or its checksum does not hold
    already.
    """
    seals = []
    for begin in range(0, at + 1, SECTOR):
        if image[begin] != MAGIC:
            continue
        both = [i for i in (parse(image, begin, header) for header in (LONG, SHORT)) if i]
        whole = next((i for i in both if i.holds(image)), None)
        if whole is None:
            _refuse_damaged(image, both, begin, at, size)
        elif whole.begin < at + size and at < whole.end:
            _refuse_signature(image, whole)
            seals.append(_seal(whole))
    return seals


def _refuse_damaged(image: bytes, parsed: list[EspImage], begin: int, at: int, size: int) -> None:
    """Raise BadInputError where what begins there is an image over the model, and broken."""
    known = [i for i in parsed if i.chip in CHIPS.values()]
    over = [i for i in known if i.begin < at + size and at < i.end]
    if over or begin == 0 or (not known and _begins_image(image, begin)):
        name = over[0].chip if over else "ESP"
        raise BadInputError(
            f"the firmware holds an {name} image at offset {begin:#x} whose segments, checksum or "
            "SHA-256 do not hold: the file is damaged or cut off; build or read it again"
        )


def _begins_image(image: bytes, begin: int) -> bool:
    """Whether a long header of a known chip stands there: an image that runs out of the file."""
    header = image[begin : begin + LONG]
    return (
        len(header) == LONG
        and 1 <= header[1] <= SEGMENTS_AT_MOST
        and int.from_bytes(header[CHIP : CHIP + 2], "little") in CHIPS
        and not any(header[RESERVED])
        and header[HASH_APPENDED] <= 1
    )


def _seal(image: EspImage) -> Seal:
    kinds = "checksum" if image.digest is None else "checksum and SHA-256"
    text = f"{image.chip} image at {image.begin:#x} ({kinds})"
    return Seal(begin=image.begin, end=image.end, text=text, renew=image.renew)


def _refuse_signature(image: bytes, parsed: EspImage) -> None:
    """Raise BadInputError where a Secure Boot signature follows the image."""
    length = parsed.end - parsed.begin
    block = parsed.begin + -(-length // SECTOR) * SECTOR
    if image[block : block + 1] == b"\xe7" and image[block + 1 : block + 2] in {b"\2", b"\3"}:
        version = 2
    elif _signed_v1(image[parsed.end : parsed.end + SIGNATURE_V1]):
        version = 1
    else:
        return
    raise BadInputError(
        f"the firmware's {parsed.chip} image at offset {parsed.begin:#x} is signed for Secure Boot "
        f"v{version}, which needs the key: put the model into the image before it is signed "
        "(`firmware` UNSIGNED.bin), then run: espsecure sign-data "
        f"--version {version} --keyfile KEY.pem --output firmware.signed.bin firmware.bin"
    )


def _signed_v1(behind: bytes) -> bool:
    """Whether these bytes are a version 0 and 64 bytes of a signature, not filling."""
    return len(behind) == SIGNATURE_V1 and not any(behind[:4]) and len(set(behind[4:])) > 8
