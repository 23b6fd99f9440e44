"""Say before a firmware is linked whether it fits into its board's memory.

firmware_fits.py --board NAME --engine own|tflm --script BOARD.ld [--model FILE]... OBJECT...

Objects are files or archives. Their sections are chosen as the linker chooses them, without those
of the C library: a firmware that is too large by this sum is too large. Exit code 1 and one line
where it, or a model that it is built for, does not fit. port/link.sh reports what the linker alone
notices.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from firmware_fit.memory import Memory, read_memory
from firmware_fit.objects import NotReadableError, read_objects
from firmware_fit.reach import Needed, needed

KB = 1024
LARGEST = 3
"""Objects that the line names."""


def main() -> int:
    """Compare, print what does not fit, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", required=True)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--script", type=Path, required=True)
    parser.add_argument("--model", type=Path, action="append", default=[])
    parser.add_argument("objects", type=Path, nargs="+")
    options = parser.parse_args()
    try:
        found = needed([one for path in options.objects for one in read_objects(path)])
    except NotReadableError as error:
        sys.stderr.write(f"{options.board}: {error}\n")
        return 1
    memory = read_memory(options.script.read_text("ascii"))
    sizes = {path.name: path.stat().st_size for path in options.model}
    lines = [
        *code_that_does_not_fit(found, memory, options.engine, list(sizes)),
        *models_that_do_not_fit(found, memory, sizes),
    ]
    for line in lines:
        sys.stderr.write(f"{options.board}: {line}\n")
    return 1 if lines else 0


def code_that_does_not_fit(
    found: Needed, memory: Memory, engine: str, models: Sequence[str]
) -> Iterator[str]:
    """A line for flash and for RAM, where the code and its variables need more than there is."""
    for kind, size, room in (
        ("flash", found.flash, memory.flash),
        ("RAM", found.ram + memory.stack, memory.ram),
    ):
        if size > room:
            largest = ", ".join(
                f"{name} {in_kb(part)}" for name, part in found.flash_of.most_common(LARGEST)
            )
            yield (
                f"not linked: the firmware needs {in_kb(size)} of {kind} without the C library, "
                f"{in_kb(size - room)} more than the {in_kb(room)} for it (largest: {largest}): "
                f"{advice(engine, models)}"
            )


def models_that_do_not_fit(found: Needed, memory: Memory, sizes: dict[str, int]) -> Iterator[str]:
    """A line for each model that has room neither in RAM nor in the flash for models."""
    left = memory.ram - memory.stack - found.ram
    for name, size in sizes.items():
        if size > max(left, memory.model_flash):
            yield (
                f"not linked: {name} has {in_kb(size)}, more than the {in_kb(memory.model_flash)} "
                f"of flash for a model and the {in_kb(max(left, 0))} of RAM that the firmware "
                "leaves: choose a board with more memory or a smaller model"
            )


def advice(engine: str, models: Sequence[str]) -> str:
    """What to do about code that is too large."""
    if engine != "tflm":
        return "choose a board with more memory"
    few = (
        f"fewer kernels than {', '.join(models)} has operators"
        if models
        else "your model's kernels alone (MODEL=path/to/model.tflite)"
    )
    return f"{few}, a library with BUILD_TYPE=release, or a board with more memory"


def in_kb(size: int) -> str:
    """Bytes in KB of 1,024."""
    return f"{size / KB:.1f} KB"


if __name__ == "__main__":
    sys.exit(main())
