"""What the firmware must change: inputs and outputs with new parameters, other operators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mendlite.model.interface import InterfaceChange
from mendlite.model.report import GraphChange


def interface_lines(changes: Sequence[InterfaceChange]) -> Iterator[str]:
    """A line for each input and output with another scale or zero-point."""
    for change in changes:
        yield f"FIRMWARE: {change.sentence}"


def graph_lines(change: GraphChange | None) -> Iterator[str]:
    """A line where the graph is another than the base file's."""
    if change is not None:
        yield f"FIRMWARE: {change.sentence}"
