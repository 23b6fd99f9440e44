"""Tamper at random with a certificate, its files and its data: how many are noticed?

Usage: python tools/bench_tamper.py [--count 1000] [--target digits] [--strategy least-squares].
Prints a line per kind and writes build/bench/tamper.json; ends with 1 where any goes unnoticed or
an untouched kit does not pass. The kinds are in tests/tampering.py and
tests/forgeries.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parents[1]
OUT = Path("build") / "bench" / "tamper.json"


def made(target: str, strategy: str) -> Any:
    """An untouched, signed kit of a repair of the target."""
    from mendlite.jobs.repair import repair
    from mendlite.repair.settings import Settings
    from mendlite.targets.open import CaseOptions, load_case
    from tampering import make_keys, make_kit

    root = os.environ.get("MENDLITE_DATA", "")
    options = CaseOptions(data_root=Path(root) if root else None)
    settings = Settings.of(strategy)
    case = load_case(target, options)
    repaired = repair(case, settings, ("float.tflite", "int8.tflite", "repaired.tflite"))
    key, public = make_keys()
    return make_kit(case, repaired, target, key=key, public=public)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--target", default="digits")
    parser.add_argument("--strategy", default="least-squares")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    from tampering import noticed, tampered

    kit = made(chosen.target, chosen.strategy)
    untouched = [noticed(kit), noticed(replace(kit, require=True))]
    tried: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    start = perf_counter()
    for name, found in tampered(kit, chosen.count, chosen.seed):
        tried[name] += 1
        caught[name] += noticed(found) is not None
    seconds = perf_counter() - start
    for name, count in tried.items():
        print(f"{name:20} {caught[name]:5} of {count}")
    print(f"{'all':20} {caught.total():5} of {tried.total()} in {seconds:.0f} s; "
          f"untouched kits pass: {untouched == [None, None]}")  # fmt: skip
    OUT.parent.mkdir(parents=True, exist_ok=True)
    said = {"target": chosen.target, "seed": chosen.seed, "tried": tried, "noticed": caught,
            "untouched_pass": untouched == [None, None]}  # fmt: skip
    OUT.write_text(json.dumps(said, indent=1) + "\n")
    if caught != tried or any(untouched):
        sys.exit(1)


if __name__ == "__main__":
    main()
