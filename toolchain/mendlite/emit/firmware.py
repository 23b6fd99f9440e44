"""A repaired model put into a firmware image that holds the model it came from."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.emit.addressed import AddressedFile, regions, replace_region
from mendlite.emit.image_kind import addressed, require_plain, suffix
from mendlite.emit.seals.esp import esp_seals
from mendlite.emit.seals.mcuboot import mcuboot_seals
from mendlite.emit.seals.seal import Seal
from mendlite.emit.seals.trailing import trailing_seals
from mendlite.errors import BadInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """An image with the repaired model at ``offset``; ``sealed`` names the renewed seals.

    ``offset`` is an address of the board's memory where the file names addresses, else one of the
    file (``addressed``).
    """

    data: bytes
    suffix: str
    offset: int
    sealed: tuple[str, ...]
    addressed: bool = False


def find_model(image: bytes, base: bytes) -> int:
    """Where ``base`` lies in ``image``; raises BadInputError where it is not there just once."""
    first = image.find(base)
    if first < 0:
        raise BadInputError(
            "the firmware does not hold the int8 file that was repaired; was it built with "
            "another model, or is it compressed or encrypted?"
        )
    if image.find(base, first + 1) >= 0:
        raise BadInputError("the firmware holds the int8 file twice: choose one with `offset`")
    return first


def with_model(image: bytes, base: bytes, data: bytes, offset: int | None) -> Firmware:
    """The image with ``data`` in the place of ``base``, at ``offset`` or where it is found.

    Intel HEX, S-records and UF2 are read as what they put into memory; ``offset`` is an address
    there, and the result has the same form. Checksums and hashes over the model that need no key
    are computed again: ESP images, MCUboot images without a signature, digests at the end of the
    image. Raises BadInputError, with the command to run, where a signature covers the model, and
    where the file is no plain image.
    """
    if len(data) != len(base):
        raise BadInputError(
            f"the repaired file has {len(data):,} bytes, the int8 file {len(base):,}: an image has "
            "no room for another length (`edit_graph`); build the firmware with the emitted array"
        )
    file = addressed(image)
    if file is not None:
        return _in_addressed(file, base, data, offset)
    require_plain(image)
    return _in_image(image, base, data, offset)


def _in_addressed(file: AddressedFile, base: bytes, data: bytes, address: int | None) -> Firmware:
    """The model put into the one region of a file that holds it."""
    stretches = regions(file.pieces)
    if address is not None:
        holding = [r for r in stretches if r.address <= address < r.address + len(r.data)]
    else:
        holding = [region for region in stretches if base in region.data]
    if len(holding) != 1:
        where = "" if address is None else f" at address {address:#x}"
        raise BadInputError(
            f"the firmware holds the int8 file in {len(holding)} stretches of memory{where}: it "
            "must be one (another model, or several chips in one file?)"
        )
    region = holding[0]
    at = None if address is None else address - region.address
    found = _in_image(region.data, base, data, at)
    return Firmware(
        data=replace_region(file, region, found.data),
        suffix=file.suffix,
        offset=region.address + found.offset,
        sealed=found.sealed,
        addressed=True,
    )


def _in_image(image: bytes, base: bytes, data: bytes, offset: int | None) -> Firmware:
    """The model put into the bytes of an image."""
    at = find_model(image, base) if offset is None else offset
    if image[at : at + len(base)] != base:
        raise BadInputError(f"the firmware holds other bytes than the int8 file at offset {at:#x}")
    seals = _seals(image, at, len(base))
    patched = bytearray(image)
    patched[at : at + len(base)] = data
    for seal in seals:
        seal.renew(patched)
    return Firmware(
        data=bytes(patched), suffix=suffix(image), offset=at, sealed=tuple(s.text for s in seals)
    )


def _seals(image: bytes, at: int, size: int) -> list[Seal]:
    """The seals over the model, an inner one before those around it."""
    seals = [*esp_seals(image, at, size), *mcuboot_seals(image, at)]
    if all(seal.end != len(image) for seal in seals):
        # Else the last bytes are that seal's own.
        seals += trailing_seals(image)
    return sorted((s for s in seals if s.covers(at, size)), key=lambda s: s.end - s.begin)
