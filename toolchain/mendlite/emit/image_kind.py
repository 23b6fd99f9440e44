"""Which kind of file a firmware image is, by its first bytes."""

from __future__ import annotations

import re

from mendlite.emit.addressed import AddressedFile
from mendlite.emit.hex_file import read_hex
from mendlite.emit.srec_file import read_srec
from mendlite.emit.uf2 import read_uf2
from mendlite.errors import BadInputError

ELF = b"\x7fELF"

HEX = re.compile(rb"\s*:[0-9A-Fa-f]{10}")
SREC = re.compile(rb"\s*S[0-9][0-9A-Fa-f]{6}")
UF2 = b"UF2\n"

CONTAINERS = (
    (b"PK\x03\x04", "a ZIP archive (a DFU package?)",
     "pass the image inside it before it is packed, and pack it again"),
    (b"\x27\x05\x19\x56", "a U-Boot image", "pass the image before mkimage, and run mkimage again"),
    (b"\xd0\x0d\xfe\xed", "a flattened image tree",
     "pass the image before mkimage, and run mkimage again"),
    (b"DfuSe", "a DfuSe file", "pass the .bin that it was made from, and make it again"),
    (b"\x03\xa6\x17\xeb", "a Gecko boot loader file (.gbl)",
     "pass the image that it was made from, and run commander gbl create again"),
    (b"\x1f\x8b", "compressed by gzip", "pass the image before it is compressed"),
    (b"\xfd7zXZ", "compressed by xz", "pass the image before it is compressed"),
)  # fmt: skip

DFU_SUFFIX = 16
"""Bytes of the suffix of a .dfu file; "UFD" stands at its eighth."""


def addressed(image: bytes) -> AddressedFile | None:
    """The image as a file that names addresses: Intel HEX, S-records, UF2; None for any other.

    Raises BadInputError where such a file is damaged.
    """
    if HEX.match(image):
        return read_hex(image)
    if SREC.match(image):
        return read_srec(image)
    return read_uf2(image) if image.startswith(UF2) else None


def require_plain(image: bytes) -> None:
    """Raise BadInputError for a form whose bytes are not those of the flash, with what to do."""
    for magic, name, advice in CONTAINERS:
        if image.startswith(magic):
            raise BadInputError(f"the firmware is {name}: {advice}")
    if image[-DFU_SUFFIX:][8:11] == b"UFD":
        raise BadInputError(
            "the firmware ends with a DFU suffix: remove it (dfu-suffix --delete) and add it again "
            "to what is written"
        )


def suffix(image: bytes) -> str:
    """The ending of the file's name: an ELF stays an ELF."""
    return ".elf" if image.startswith(ELF) else ".bin"
