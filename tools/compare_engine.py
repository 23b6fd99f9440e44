"""Compare host and firmware on .tflite files: what both accept has the same shapes and bytes.

Usage: python tools/compare_engine.py [--seed N] [--mutants N] [--keep FOLDER] [FILE_OR_FOLDER...]
Prints a line for each file that is not equal and a count; with --mutants so many of the model
fuzzer's mutants, of which --keep keeps those that are to be mended. Ends with 1 where anything
differs, fails or crashes.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]


def files_of(paths: list[Path]) -> list[Path]:
    """The files named, and every .tflite below the folders named."""
    return [f for p in paths for f in (sorted(p.rglob("*.tflite")) if p.is_dir() else [p])]


def mutants_of(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Mutants of the fuzzer's originals by name."""
    from model_fuzz.worker import Maker

    maker = Maker(seed, small=False)
    for number in range(count):
        at, data, _ = maker.make(number)
        yield f"{number} of {maker.files[at].name}", data


def main() -> int:
    """Compare and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mutants", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
    from differential import Outcome, compare

    counts: Counter[str] = Counter()
    bad = 0
    named = ((str(path), path.read_bytes()) for path in files_of(arguments.paths))
    for name, data in chain(named, mutants_of(arguments.seed, arguments.mutants)):
        verdict = compare(data, arguments.seed)
        counts[verdict.outcome.value] += 1
        bad += not verdict.good
        if verdict.outcome is not Outcome.EQUAL and not (arguments.mutants and verdict.good):
            print(f"{name}: {verdict.outcome.value}: {verdict.reason}")
        if arguments.keep and not verdict.good:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            (arguments.keep / f"{sha256(data).hexdigest()[:10]}.tflite").write_bytes(data)
    print(", ".join(f"{what} {count}" for what, count in sorted(counts.items())))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
