"""A checksum or digest of a whole image in its last bytes, as many build scripts append one."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable

from mendlite.emit.seals.seal import Seal

KINDS: tuple[tuple[str, int, Callable[[bytes], bytes]], ...] = (
    ("SHA-512", 64, lambda data: hashlib.sha512(data).digest()),
    ("SHA-384", 48, lambda data: hashlib.sha384(data).digest()),
    ("SHA-256", 32, lambda data: hashlib.sha256(data).digest()),
    ("SHA-1", 20, lambda data: hashlib.sha1(data, usedforsecurity=False).digest()),
    ("MD5", 16, lambda data: hashlib.md5(data, usedforsecurity=False).digest()),
    ("CRC-32", 4, lambda data: zlib.crc32(data).to_bytes(4, "little")),
    ("CRC-32, big-endian", 4, lambda data: zlib.crc32(data).to_bytes(4, "big")),
)
"""(name, bytes, computation). Unrelated bytes fit by chance in at most 1 of 2^32 images."""


def trailing_seals(image: bytes) -> list[Seal]:
    """The digest at the image's end, where there is one."""
    for name, size, compute in KINDS:
        if len(image) > size and image[-size:] == compute(image[:-size]):
            return [_seal(len(image), name, size, compute)]
    return []


def _seal(length: int, name: str, size: int, compute: Callable[[bytes], bytes]) -> Seal:
    def renew(image: bytearray) -> None:
        image[-size:] = compute(bytes(image[:-size]))

    return Seal(begin=0, end=length, text=f"{name} at the end of the image", renew=renew)
