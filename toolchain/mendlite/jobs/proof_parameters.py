"""Which parameters of a proof have no effect beside the others."""

from __future__ import annotations

from collections.abc import Mapping

from mendlite.errors import BadInputError

OF_PROPERTY = {
    "epsilon": ("error",),
    "outputs": ("error",),
    "wanted": ("class-is",),
    "smallest": ("class", "class-is"),
}
"""The properties that read a parameter."""

OF_A_BALL = ("sample", "radius", "unit")
"""What describes a region round a sample."""


def require_used(given: Mapping[str, str], kind: str, *, shown: str, ranges: str) -> None:
    """Raise BadInputError for a parameter that is given and has no effect.

    ``given``: the parameters that are given, and what the user calls each. ``kind`` is the
    property, ``shown`` what the user calls that, ``ranges`` what is given in place of a region
    round a sample, empty where there is none.
    """
    for name, properties in OF_PROPERTY.items():
        if name in given and kind not in properties:
            raise BadInputError(
                f"{given[name]} has no effect with {shown} {kind}: it belongs to "
                f"{' and '.join(properties)}"
            )
    for name in OF_A_BALL:
        if name in given and ranges:
            raise BadInputError(f"{given[name]} has no effect with {ranges}")
