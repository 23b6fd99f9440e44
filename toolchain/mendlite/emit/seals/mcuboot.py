"""Images of MCUboot (docs/design.md of MCUboot, ``boot/bootutil/include/bootutil/image.h``).

Layout: a header (magic, load address, size of the header, size of the protected TLVs, size of the
payload, flags, version), the payload, protected TLVs, then TLVs (type, length, value) behind an
info header. A hash TLV covers header, payload and protected TLVs; a signature TLV signs that hash.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mendlite.emit.seals.seal import Seal
from mendlite.errors import BadInputError

MAGIC = struct.pack("<I", 0x96F3B83D)
HEADER = struct.Struct("<IIHHII BBHI I")
INFO = struct.Struct("<HH")
"""Magic and total length of an area of TLVs; type and length of one TLV."""

PLAIN, PROTECTED = 0x6907, 0x6908
FLAGS = 1 << 16
"""Flags of a header are below."""

HASHES = {0x10: "sha256", 0x11: "sha384", 0x12: "sha512"}
SIGNATURES = {
    0x20: "RSA-2048", 0x21: "ECDSA-224", 0x22: "ECDSA", 0x23: "RSA-3072", 0x24: "Ed25519",
    0x25: "pure signature",
}  # fmt: skip
HARMLESS = frozenset({0x01, 0x02, 0x40, 0x50, 0x51})
"""Key hash, public key, dependency, security counter: none of them depends on the payload."""

VENDOR = 0xA0
"""Types from here on, in the low byte or as 0x..A0 to 0x..FF, are the vendor's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McubootImage:
    """One image: ``hashed`` is the end of what its hash covers, ``hashes`` are (kind, offset)."""

    begin: int
    header_size: int
    version: str
    hashed: int
    end: int
    tlvs: tuple[tuple[int, int, int], ...]

    @property
    def hashes(self) -> list[tuple[str, int]]:
        """(algorithm, offset of its value) of each hash TLV."""
        return [(HASHES[kind], at) for kind, at, _ in self.tlvs if kind in HASHES]

    def holds(self, image: bytes) -> bool:
        """Whether there is a hash, and each is that of the image's bytes."""
        return bool(self.hashes) and all(
            image[at : at + len(value)] == value for at, value in self._values(image)
        )

    def renew(self, image: bytearray) -> None:
        """Compute every hash again."""
        for at, value in list(self._values(image)):
            image[at : at + len(value)] = value

    def _values(self, image: bytes | bytearray) -> Iterator[tuple[int, bytes]]:
        covered = bytes(image[self.begin : self.hashed])
        for name, at in self.hashes:
            yield at, hashlib.new(name, covered).digest()


def parse(image: bytes, begin: int) -> McubootImage | None:
    """The image whose magic lies there; None where header and TLVs do not fit together."""
    if begin + HEADER.size > len(image):
        return None
    _, _, header, protected, payload, _, major, minor, patch, build, _ = HEADER.unpack_from(
        image, begin
    )
    behind = begin + header + payload
    tlvs: list[tuple[int, int, int]] = []
    areas = [(behind, PROTECTED, protected)] if protected else []
    for at, magic, size in (*areas, (behind + protected, PLAIN, None)):
        area = _area(image, at, magic, size)
        if area is None:
            return None
        tlvs += area[0]
        end = area[1]
    return McubootImage(
        begin=begin,
        header_size=header,
        version=f"{major}.{minor}.{patch}+{build}",
        hashed=behind + protected,
        end=end,
        tlvs=tuple(tlvs),
    )


def _area(
    image: bytes, at: int, magic: int, size: int | None
) -> tuple[list[tuple[int, int, int]], int] | None:
    """((type, offset, length) of each TLV, end) of an area; None where it is none."""
    if at + INFO.size > len(image):
        return None
    magic_read, total = INFO.unpack_from(image, at)
    end = at + total
    if magic_read != magic or (size is not None and total != size) or end > len(image):
        return None
    tlvs: list[tuple[int, int, int]] = []
    at += INFO.size
    while at < end:
        if at + INFO.size > end:
            return None
        kind, length = INFO.unpack_from(image, at)
        at += INFO.size
        if at + length > end:
            return None
        tlvs.append((kind, at, length))
        at += length
    return tlvs, end


def mcuboot_seals(image: bytes, at: int) -> list[Seal]:
    """The seals of images that cover what lies at ``at``.

    Raises BadInputError where such an image is signed, encrypted or cut off, its hash does not hold
    already, or one of its entries may depend on the payload in a way that is not known here.
    """
    seals = []
    begin = image.find(MAGIC)
    while 0 <= begin <= at:
        parsed = parse(image, begin)
        if parsed is None and (begin == 0 or _begins_image(image, begin, at)):
            raise BadInputError(
                f"the firmware holds an MCUboot image at offset {begin:#x}, but no hash follows "
                "its payload, or the file ends before: put the model into the image before "
                "imgtool, then run imgtool on it"
            )
        if parsed is not None and at < parsed.end:
            _require_renewable(image, parsed)
            text = f"MCUboot image at {begin:#x} ({', '.join(n for n, _ in parsed.hashes)})"
            seals.append(Seal(begin=begin, end=parsed.end, text=text, renew=parsed.renew))
        begin = image.find(MAGIC, begin + 1)
    return seals


def _begins_image(image: bytes, begin: int, at: int) -> bool:
    """Whether a header over ``at`` stands there, and not only its magic in a boot loader's code."""
    if begin + HEADER.size > len(image):
        return False
    _, _, header, _, payload, flags, *_, reserved = HEADER.unpack_from(image, begin)
    covers = begin + header <= at < begin + header + payload
    return bool(header >= HEADER.size and covers and flags < FLAGS and reserved == 0)


def _require_renewable(image: bytes, parsed: McubootImage) -> None:
    """Raise BadInputError where more than a hash depends on the payload."""
    place = f"the firmware's MCUboot image at offset {parsed.begin:#x}"
    again = (
        "put the model into the image before it is signed (`firmware` UNSIGNED.bin), then run: "
        f"imgtool sign --key KEY.pem --header-size {parsed.header_size:#x} --version "
        f"{parsed.version} --align 4 --slot-size SLOT_BYTES firmware.bin firmware.signed.bin"
    )
    for kind, _, _ in parsed.tlvs:
        if kind in SIGNATURES:
            raise BadInputError(
                f"{place} is signed ({SIGNATURES[kind]}), which needs the key: {again}"
            )
        if kind not in HASHES and kind not in HARMLESS and kind & 0xFF < VENDOR:
            raise BadInputError(f"{place} has an entry of type {kind:#04x}: {again}")
    if not parsed.holds(image):
        raise BadInputError(f"{place} has a hash that does not hold: the file is damaged; {again}")
