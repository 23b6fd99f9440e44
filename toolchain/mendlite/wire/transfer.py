"""Bulk bytes in chunks: which to send or to ask for next, and how large.

Chunks are named by their offset, so that a lost one is cut again, smaller: on a bad line a long
frame never gets through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

SMALLEST = 32
"""Bytes; below it the frame's own bytes would be most of the traffic."""

CLEAN = 4
"""Chunks in a row without a loss after which they grow again."""


@dataclass(slots=True, kw_only=True)
class ChunkSize:
    """How many bytes a chunk holds: halved by a loss, doubled by a row of successes."""

    most: int
    now: int = 0
    _clean: int = 0

    def __post_init__(self) -> None:
        """Begin with the largest."""
        self.now = self.most

    def lost(self) -> None:
        """A chunk did not get through."""
        self.now, self._clean = max(SMALLEST, self.now // 2), 0

    def arrived(self) -> None:
        """A chunk got through."""
        self._clean += 1
        if self._clean >= CLEAN and self.now < self.most:
            self.now, self._clean = min(self.most, 2 * self.now), 0


@dataclass(slots=True, kw_only=True)
class Upload:
    """Bytes on their way to the board, which takes them in order.

    ``frontier``: the board has all bytes before it. ``sent``: those before it were sent since the
    last loss. ``restarts``: how often the board found another CRC and began again.
    """

    data: bytes
    chunk: ChunkSize
    frontier: int = 0
    sent: int = 0
    restarts: int = 0

    @property
    def finished(self) -> bool:
        """Whether the board has everything."""
        return self.frontier == len(self.data)

    def next(self) -> tuple[int, bytes] | None:
        """Offset and bytes of the next chunk; None where all were sent."""
        if self.sent >= len(self.data):
            return None
        offset = self.sent
        chunk = self.data[offset : offset + self.chunk.now]
        self.sent += len(chunk)
        return offset, chunk

    def answered(self, frontier: int) -> None:
        """The board's frontier; raises ValueError for one beyond the data."""
        if not 0 <= frontier <= len(self.data):
            raise ValueError(f"a frontier of {frontier} in {len(self.data)} bytes")
        if frontier < self.frontier:
            # The answer that said so was lost.
            self.restart()
        elif frontier > self.frontier:
            self.chunk.arrived()
            self.frontier = frontier
        self.sent = max(self.sent, frontier)

    def lost(self) -> None:
        """Begin again at the frontier, with smaller chunks."""
        self.chunk.lost()
        self.sent = self.frontier

    def restart(self) -> None:
        """The board has nothing after all: its CRC was another."""
        self.frontier = self.sent = 0
        self.restarts += 1


@dataclass(slots=True, kw_only=True)
class Download:
    """Bytes that are read from the board, in any order."""

    size: int
    chunk: ChunkSize
    _data: bytearray = field(default_factory=bytearray)
    _missing: list[tuple[int, int]] = field(default_factory=list)
    _asked: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with everything missing."""
        self._data = bytearray(self.size)
        self._missing = [(0, self.size)] if self.size else []

    @property
    def finished(self) -> bool:
        """Whether all bytes are here."""
        return not self._missing and not self._asked

    def data(self) -> bytes:
        """All bytes, once finished."""
        return bytes(self._data)

    def next(self) -> tuple[int, int] | None:
        """Offset and length to request next; None where all is requested."""
        if not self._missing:
            return None
        offset, length = self._missing.pop(0)
        now = min(length, self.chunk.now)
        if now < length:
            self._missing.insert(0, (offset + now, length - now))
        self._asked[offset] = now
        return offset, now

    def answered(self, offset: int, chunk: bytes) -> None:
        """Bytes that arrived; raises ValueError where they were not requested."""
        if self._asked.get(offset) != len(chunk):
            raise ValueError(f"{len(chunk)} bytes at {offset} were not requested")
        del self._asked[offset]
        self._data[offset : offset + len(chunk)] = chunk
        self.chunk.arrived()

    def late(self, offset: int, chunk: bytes) -> None:
        """Bytes that arrived after they were taken for lost; raises ValueError beyond the end.

        What of them is requested again is still expected.
        """
        end = offset + len(chunk)
        if end > self.size:
            raise ValueError(f"{len(chunk)} bytes at {offset} of {self.size}")
        self._data[offset:end] = chunk
        rest = [(max(at, end), at + n) for at, n in self._missing]
        kept = [(at, min(at + n, offset)) for at, n in self._missing]
        self._missing = sorted((at, to - at) for at, to in (*kept, *rest) if at < to)

    def lost(self) -> Iterator[int]:
        """Ask for everything that is still out again, in smaller chunks; their offsets."""
        self.chunk.lost()
        lost = sorted(self._asked.items())
        self._missing = lost + self._missing
        self._asked.clear()
        yield from (offset for offset, _ in lost)
