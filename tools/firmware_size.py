"""Measure the firmware's flash, RAM and largest stack frames, and compare them with limits.

firmware_size.py [BOARD...] builds each board and exits with 1 where a figure is beyond its limit in
firmware_tests/limits.tsv. --page also writes docs/benchmarks/firmware_size.md.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRMWARE = ROOT / "firmware_tests"
LIMITS = FIRMWARE / "limits.tsv"
PAGE = ROOT / "docs" / "benchmarks" / "firmware_size.md"

SHOWN_FRAMES = 5
"""Largest frames of a board that the page lists."""

PAGE_HEAD = """\
# The firmware's size

Bytes of the whole firmware with mendlite's engine, `-O2`; each figure's limit in brackets. `frame`
is the largest stack frame of one function. `tools/firmware_size.py --page` writes this page; the
tests fail where a figure is beyond its limit (`firmware_tests/limits.tsv`).

| board | text | data | bss | frame |
|---|---|---|---|---|"""

SIZES = re.compile(r"text (\d+), data (\d+), bss (\d+) bytes")
FRAME = re.compile(r"^(?:\S*/)?(\S+?):\d+:\d+:(\S+)\t(\d+)\t(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One function's stack frame in bytes, without what it calls (gcc's ``-fstack-usage``)."""

    function: str
    size: int
    bounded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A board's firmware: sizes in bytes, its frames from the largest."""

    board: str
    text: int
    data: int
    bss: int
    frames: tuple[Frame, ...]

    @property
    def figures(self) -> dict[str, int]:
        """What has a limit."""
        return {
            "text": self.text,
            "data": self.data,
            "bss": self.bss,
            "frame": max((f.size for f in self.frames), default=0),
        }


def read_frames(texts: Sequence[str]) -> tuple[Frame, ...]:
    """The frames in the texts of ``.su`` files, the largest first."""
    frames = [
        Frame(function=f"{file}: {function}", size=int(size), bounded=kind != "dynamic")
        for text in texts
        for file, function, size, kind in FRAME.findall(text)
    ]
    return tuple(sorted(frames, key=lambda f: (-f.size, f.function)))


def measure(board: str, out: Path) -> Measured:
    """Build a board's firmware into ``out`` and measure it."""
    words = ["make", "-s", "-C", str(FIRMWARE), f"BOARD={board}", f"OUT={out}"]
    done = subprocess.run(
        [*words, "EXTRA_CFLAGS=-fstack-usage"], capture_output=True, text=True, check=False
    )
    found = SIZES.search(done.stdout)
    if done.returncode != 0 or found is None:
        sys.exit(f"firmware_size: {board} was not built:\n{done.stdout}{done.stderr}")
    text, data, bss = map(int, found.groups())
    frames = read_frames([path.read_text("utf-8") for path in sorted(out.rglob("*.su"))])
    return Measured(board=board, text=text, data=data, bss=bss, frames=frames)


def read_limits(text: str) -> dict[str, dict[str, int]]:
    """The limits of each board: a header line of names, then a line a board."""
    header, *lines = [line.split("\t") for line in text.splitlines() if line]
    return {line[0]: dict(zip(header[1:], map(int, line[1:]), strict=True)) for line in lines}


def beyond(measured: Measured, limits: dict[str, int]) -> Iterator[str]:
    """A line for each figure that is larger than its limit, and for each frame without a bound."""
    for name, value in measured.figures.items():
        if value > limits[name]:
            yield (
                f"{measured.board}: {name} is {value} bytes, its limit {limits[name]} "
                f"({LIMITS.relative_to(ROOT)})"
            )
    for frame in measured.frames:
        if not frame.bounded:
            yield f"{measured.board}: the frame of {frame.function} has no bound"


def page(measured: Sequence[Measured], limits: dict[str, dict[str, int]]) -> str:
    """The page of all boards."""
    lines = [PAGE_HEAD]
    for one in measured:
        shown = [f"{v:,} ({limits[one.board][n]:,})" for n, v in one.figures.items()]
        lines.append(f"| {one.board} | {' | '.join(shown)} |")
    lines += ["", "Largest frames:", "", "| board | function | bytes |", "|---|---|---|"]
    lines += [
        f"| {one.board} | `{frame.function}` | {frame.size} |"
        for one in measured
        for frame in one.frames[:SHOWN_FRAMES]
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, compare, and write the page where it is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("boards", nargs="*", metavar="BOARD")
    parser.add_argument(
        "--page", action="store_true", help="write docs/benchmarks/firmware_size.md"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "firmware-size")
    options = parser.parse_args()
    limits = read_limits(LIMITS.read_text("ascii"))
    if unknown := [b for b in options.boards if b not in limits]:
        parser.error(f"no limits for {', '.join(unknown)}; there are for {', '.join(limits)}")
    if options.page and options.boards:
        parser.error("--page is of all boards: name none")
    boards = options.boards or list(limits)
    measured = [measure(board, options.out.resolve() / board) for board in boards]
    for one in measured:
        print(f"{one.board}: " + ", ".join(f"{n} {v}" for n, v in one.figures.items()))
    if options.page:
        PAGE.write_text(page(measured, limits), encoding="utf-8")
    lines = [line for one in measured for line in beyond(one, limits[one.board])]
    sys.exit("\n".join(lines) or 0)


if __name__ == "__main__":
    main()
