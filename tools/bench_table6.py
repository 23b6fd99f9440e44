"""Solve every neuron of a real 512 x 512 dense layer with all its rows hard: QNNRepair's Table 6.

Usage: make bench-table6, or make bench-table6 ARGS="--images 10000". Writes
build/bench/table6.json (with --images its number in the name). Every answer is checked in exact
integers. The baseline is the paper's program stated in CVXPY and solved by HiGHS, on a sample of
the neurons, extrapolated. Needs the real models (MENDLITE_DATA).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import msgspec
import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.qnnrepair import neuron_problem
from mendlite.case.case import Case
from mendlite.claims.rows import check_solution, violated_rows
from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.model.repair_options import Passing
from mendlite.model.samples import Samples
from mendlite.repair.layers.neuron_rows import LayerRows
from mendlite.solvers.base import Limits
from mendlite.solvers.pool import SolverPool
from mendlite.targets.load import load_target
from mendlite.targets.open import CaseOptions, load_case
from mendlite.targets.samples import load_samples
from mendlite.targets.schema import Draw

TARGET, LAYER = "mnist_mlp_512", 1
LIMITS = Limits(seconds=60.0)
BASELINE_LIMITS = Limits(seconds=120.0, nodes=1_000_000)
OUT = Path("build") / "bench"


def load(seed: int) -> Case:
    """The target with its 512 x 512 layer."""
    root = os.environ.get("MENDLITE_DATA")
    if not root:
        sys.exit("bench_table6: set MENDLITE_DATA to the folder of the real models")
    options = CaseOptions(data_root=Path(root), seed=seed)
    return load_case(TARGET, options)


def draw(case: Case, images: int) -> Samples:
    """Repair images: the target's own, or as many of its training file as are asked for."""
    if images <= case.sets.repair.count:
        return case.sets.repair.some(images)
    target = load_target(TARGET, data_root=Path(os.environ["MENDLITE_DATA"]))
    split = target.samples
    draws = {
        "repair": Draw(source="train", count=images),
        "selection": Draw(source="test", count=1),
        "validation": Draw(source="test"),
    }
    target = msgspec.structs.replace(target, samples=type(split)(**draws))
    return load_samples(target, case.seed).repair


def problems(case: Case, samples: Samples) -> list[RepairProblem]:
    """One problem per neuron: at every image the float neuron's status, as a hard row."""
    pair = next(p for p in case.pairs if p.quantized.number == LAYER)
    rows = LayerRows.of(case, case.quantized, pair, samples)
    places = np.arange(len(rows.reference))
    none = np.zeros(places.size, np.bool_)
    found = []
    for neuron in range(pair.quantized.channels):
        data = rows.neuron(neuron, places, none)
        data = replace(data, active=data.float_active)
        found.append(
            neuron_problem(
                data, passing=Passing.HARD, max_delta=None, max_rows=places.size, seed=case.seed
            )
        )
    return found


def solve(
    asked: Sequence[RepairProblem], backend: str, limits: Limits, jobs: int
) -> tuple[list[Solution], float, float]:
    """Answers, wall seconds, and CPU seconds of the worker processes with their start."""
    pool, start, before = (
        SolverPool(backend=backend, limits=limits, jobs=jobs),
        perf_counter(),
        cpu(),
    )
    found = pool.solve(asked, lambda _done: None)
    return found, perf_counter() - start, cpu() - before


def cpu() -> float:
    """CPU seconds of the children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def holds(asked: RepairProblem, found: Solution) -> bool:
    """Whether all that an answer claims holds in exact integers."""
    if found.delta is None:
        return False
    check_solution(asked, found)
    return not (violated_rows(asked, found.delta) & asked.hard).any()


def share(seconds: Sequence[float], limit: float) -> float:
    """Share of the neurons within a limit."""
    return sum(s <= limit for s in seconds) / len(seconds)


def summary(asked: Sequence[RepairProblem], found: Sequence[Solution]) -> dict[str, Any]:
    """Counts and times of a layer's answers; the violated rows of those that have any."""
    seconds = [a.seconds for a in found]
    left = [n for n, a in enumerate(found) if not a.solved]
    missed = {
        str(n): np.flatnonzero(violated_rows(asked[n], delta)).tolist()
        for n in left
        if (delta := found[n].delta) is not None
    }
    return {
        "neurons": len(asked),
        "rows": int(max(p.lower.size for p in asked)),
        "unsolved": len(left),
        "proved": sum(a.status is SolveStatus.OPTIMAL for a in found),
        "verified": sum(holds(p, a) for p, a in zip(asked, found, strict=True)),
        "changed": sum(a.objective > 0 for a in found),
        "largest_delta": max((a.objective for a in found if a.solved), default=None),
        "within_1_s": share(seconds, 1.0),
        "within_10_s": share(seconds, 10.0),
        "within_60_s": share(seconds, 60.0),
        "solver_seconds": sum(seconds),
        "violated_rows": missed,
    }


def sampled(
    asked: Sequence[RepairProblem], backend: str, prefix: str, count: int, seed: int
) -> dict[str, Any]:
    """The paper's program with another backend on a sample of the neurons, extrapolated.

    One neuron before them brings the backend's imports, which are counted once.
    """
    chosen = np.random.default_rng(seed).choice(len(asked), count + 1, replace=False)
    found, _wall, used = solve([asked[n] for n in chosen], backend, BASELINE_LIMITS, 1)
    found = found[1:]
    seconds = [a.seconds for a in found]
    each = sum(seconds) / count
    return {
        prefix: backend,
        f"{prefix}_sample": count,
        f"{prefix}_unsolved": sum(not a.solved for a in found),
        f"{prefix}_sample_cpu_seconds": used,
        f"{prefix}_cpu_seconds": used - sum(seconds) + each * len(asked),
        f"{prefix}_limit_seconds": BASELINE_LIMITS.seconds,
        f"{prefix}_within_1_s": share(seconds, 1.0),
        f"{prefix}_within_10_s": share(seconds, 10.0),
        f"{prefix}_within_60_s": share(seconds, 60.0),
    }


def _equal(first: NDArray[Any] | None, second: NDArray[Any] | None) -> bool:
    """Whether two solutions have the same values, or both none."""
    if first is None or second is None:
        return first is second
    return np.array_equal(first, second)


def scaling(
    asked: Sequence[RepairProblem], one: float, first: Sequence[Solution]
) -> dict[str, Any]:
    """Two workers against one: wall seconds, and whether the same deltas came out."""
    found, wall, _used = solve(asked, "chain", LIMITS, 2)
    same = all(
        a.status is b.status and _equal(a.delta, b.delta) for a, b in zip(first, found, strict=True)
    )
    return {"two_jobs_wall_seconds": wall, "two_jobs_speedup": one / wall, "two_jobs_same": same}


def main() -> None:
    """Solve, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--baseline", type=int, default=24, help="neurons of the others' samples")
    options = parser.parse_args()
    case = load(options.seed)
    asked = problems(case, draw(case, options.images))
    found, wall, used = solve(asked, "chain", LIMITS, 1)
    result: dict[str, Any] = {
        "target": TARGET, "layer": LAYER, "seed": options.seed, "backend": "chain",
        **summary(asked, found), "cpu_seconds": used, "wall_seconds": wall,
    }  # fmt: skip
    result |= scaling(asked, wall, found)
    if options.baseline:
        for backend, prefix in (("cvxpy:HIGHS", "baseline"), ("highs", "highs")):
            result |= sampled(asked, backend, prefix, options.baseline, options.seed)
        result["times_less_cpu"] = result["baseline_cpu_seconds"] / used
    name = "table6.json" if options.images == 1000 else f"table6_{options.images}.json"
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / name).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for key, value in result.items():
        print(f"{key:28} {value:.4g}" if isinstance(value, float) else f"{key:28} {value}")


if __name__ == "__main__":
    main()
