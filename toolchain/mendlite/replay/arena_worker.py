"""Print TFLite Micro's record of its arena for the file on stdin; the argument is its size."""

from __future__ import annotations

import sys

from mendlite.packages import TFLM, load


def main() -> None:
    """Plan the file's memory and print the record."""
    runtime = load(TFLM, "an arena's size").runtime
    data = sys.stdin.buffer.read()
    runtime.Interpreter.from_bytes(data, arena_size=int(sys.argv[1])).print_allocations()


if __name__ == "__main__":
    main()
