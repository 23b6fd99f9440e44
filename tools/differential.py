"""Compare host and firmware on .tflite files: what both accept has the same shapes and bytes.

Usage: python tools/differential.py [--seed N] FILE_OR_FOLDER... Prints a line for each file that
is not equal and a count; ends with 1 where anything differs, fails or crashes.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]


def files_of(paths: list[Path]) -> list[Path]:
    """The files named, and every .tflite below the folders named."""
    return [f for p in paths for f in (sorted(p.rglob("*.tflite")) if p.is_dir() else [p])]


def main() -> int:
    """Compare and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    from differential import Outcome, compare

    counts: Counter[str] = Counter()
    bad = 0
    for path in files_of(arguments.paths):
        verdict = compare(path.read_bytes(), arguments.seed)
        counts[verdict.outcome.value] += 1
        bad += not verdict.good
        if verdict.outcome is not Outcome.EQUAL:
            print(f"{path}: {verdict.outcome.value}: {verdict.reason}")
    print(", ".join(f"{what} {count}" for what, count in sorted(counts.items())))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
