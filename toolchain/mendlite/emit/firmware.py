"""A repaired model put into a firmware image that holds the model it came from."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.emit.image_kind import require_plain, suffix
from mendlite.emit.seals.esp import esp_seals
from mendlite.emit.seals.mcuboot import mcuboot_seals
from mendlite.emit.seals.seal import Seal
from mendlite.emit.seals.trailing import trailing_seals
from mendlite.errors import BadInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """An image with the repaired model at ``offset``; ``sealed`` names the renewed seals."""

    data: bytes
    suffix: str
    offset: int
    sealed: tuple[str, ...]


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

    Checksums and hashes over the model that need no key are computed again: ESP images, MCUboot
    images without a signature, digests at the end of the image. Raises BadInputError, with the
    command to run, where a signature covers the model, and where the file is no plain image.
    """
    require_plain(image)
    if len(data) != len(base):
        raise BadInputError(
            f"the repaired file has {len(data):,} bytes, the int8 file {len(base):,}: an image has "
            "no room for another length (`edit_graph`); build the firmware with the emitted array"
        )
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
