"""Try mutants of .tflite files on everything that reads one.

Usage: python tools/fuzz_models.py [--mutants 100000] [--seed 0] [--jobs 2] [--seconds N].
Every mutant goes through reader, preparation, replay, lowering, pairing, groups, diff, apply, emit
and the checker. The smallest file of each fault is kept in build/fuzz. A run that was stopped goes
on where it was. Ends with 1 where an exception leaves mendlite.errors, a stage takes over 5 s or
2 GB, or two evaluations of one file differ.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run a campaign and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mutants", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no slice later")
    parser.add_argument("--folder", type=Path, default=Path("build") / "fuzz")
    parser.add_argument("--small", action="store_true", help="only the models of the tests")
    parser.add_argument(
        "--differential", action="store_true", help="also host against the firmware's engine"
    )
    chosen = parser.parse_args()
    sys.path.insert(0, str(ROOT / "toolchain"))
    from model_fuzz.campaign import Campaign

    tally = Campaign(
        seed=chosen.seed, mutants=chosen.mutants, jobs=chosen.jobs, seconds=chosen.seconds,
        folder=chosen.folder, small=chosen.small, differential=chosen.differential,
    ).run()  # fmt: skip
    print("\n".join(tally.text()))
    if tally.kinds.total():
        sys.exit(1)


if __name__ == "__main__":
    main()
