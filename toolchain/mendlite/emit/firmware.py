"""A repaired model put into a firmware image that holds the model it came from."""

from __future__ import annotations

from mendlite.errors import BadInputError


def find_model(image: bytes, base: bytes) -> int:
    """Where ``base`` lies in ``image``; raises BadInputError where it is not there just once."""
    first = image.find(base)
    if first < 0:
        raise BadInputError(
            "the firmware does not hold the int8 file that was repaired; was it built with "
            "another model?"
        )
    if image.find(base, first + 1) >= 0:
        raise BadInputError("the firmware holds the int8 file twice: say which by --offset")
    return first


def with_model(image: bytes, base: bytes, data: bytes, offset: int | None) -> bytes:
    """The image with ``data`` in the place of ``base``, at ``offset`` or where it is found."""
    at = find_model(image, base) if offset is None else offset
    if image[at : at + len(base)] != base:
        raise BadInputError(f"the firmware holds other bytes than the int8 file at offset {at:#x}")
    return image[:at] + data + image[at + len(base) :]
