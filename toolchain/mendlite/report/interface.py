"""What the firmware must change where inputs or outputs of the graph have new parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mendlite.model.interface import InterfaceChange


def interface_lines(changes: Sequence[InterfaceChange]) -> Iterator[str]:
    """A line for each input and output with another scale or zero-point."""
    for change in changes:
        yield f"FIRMWARE: {change.sentence}"
