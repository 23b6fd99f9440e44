"""``mendlite solvers`` and ``mendlite solve``."""

from __future__ import annotations

import math
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import click
import numpy as np

from mendlite.claims.rows import violated_rows
from mendlite.cli.as_json import json_option, print_json
from mendlite.cli.finite import FiniteRange
from mendlite.errors import MendliteError, NothingRepairedError
from mendlite.files import write_file
from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.report.table import show_table
from mendlite.solvers.base import Limits
from mendlite.solvers.pool import SolverPool
from mendlite.solvers.problem_file import load_problem
from mendlite.solvers.registry import BACKENDS, DEFAULT, require_backend

FilePath = click.Path(path_type=Path)


@click.command()
@json_option
def solvers(*, as_json: bool) -> None:
    """List the solver backends, which are installed and what each can do."""
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "installed": info.installed,
            "version": info.version,
            "package": info.package,
            "exact": info.exact,
            "objectives": [objective.value for objective in info.objectives],
            "what": info.what,
        }
        for name, info in BACKENDS.items()
    ]
    if as_json:
        print_json(rows)
        return
    shown = [
        (
            row["name"],
            str(row["version"]) if row["installed"] else BACKENDS[row["name"]].install_command,
            ", ".join(row["objectives"]),
            row["what"],
        )
        for row in rows
    ]
    show_table(
        "solver backends", ("name", "version", "minimises", "how"), shown, sys.stdout, words=4
    )


@click.command()
@click.argument("problem_file", metavar="PROBLEM", type=FilePath)
@click.option("--backend", default=DEFAULT, show_default=True, help="See 'mendlite solvers'.")
@click.option(
    "--solver-seconds",
    type=FiniteRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="CPU seconds.",
)
@click.option("--out", type=FilePath, default=None, help="Write the delta here, as .npz.")
@json_option
def solve(
    problem_file: Path, backend: str, solver_seconds: float, out: Path | None, *, as_json: bool
) -> None:
    """Solve PROBLEM, a neuron's problem saved by 'mendlite repair --save-problems'.

    The solution is checked in exact integers before it is shown.
    """
    problem = load_problem(problem_file)
    require_backend(backend, problem.objective)
    pool = SolverPool(backend=backend, limits=Limits(seconds=solver_seconds), jobs=1)
    answer = pool.solve([problem], lambda _done: None)[0]
    if out is not None and answer.delta is not None:
        write_file(out, _delta_file(answer))
    facts = _facts(problem, answer)
    if as_json:
        print_json(facts)
    else:
        rows = [(key, _shown(value)) for key, value in facts.items() if value not in (None, "")]
        show_table(f"{problem_file.name}", ("what", "value"), rows, sys.stdout, words=2)
    if answer.status is SolveStatus.ERROR:
        raise MendliteError(f"backend {backend}: {answer.message}")
    if answer.delta is None:
        raise NothingRepairedError(
            f"backend {backend} found no solution within {solver_seconds:g} s of CPU; raise "
            "--solver-seconds, or try another --backend"
        )


def _delta_file(answer: Solution) -> bytes:
    sink = BytesIO()
    np.savez_compressed(sink, delta=np.asarray(answer.delta))
    return sink.getvalue()


def _facts(problem: RepairProblem, answer: Solution) -> dict[str, Any]:
    def number(value: float) -> float | None:
        return value if math.isfinite(value) else None

    delta = answer.delta
    missed = [] if delta is None else np.flatnonzero(violated_rows(problem, delta)).tolist()
    changed = {} if delta is None else {int(k): int(delta[k]) for k in np.flatnonzero(delta)}
    return {
        "layer": problem.layer,
        "neuron": problem.neuron,
        "rows": int(problem.lower.size),
        "weights": int(problem.weights.size),
        "minimised": problem.objective.value,
        "backend": answer.backend,
        "status": answer.status.value,
        "objective": number(answer.objective),
        "bound": number(answer.bound),
        "gap": number(answer.gap),
        "proof": answer.proof,
        "violated": answer.violated,
        "penalty": answer.penalty,
        "violated_rows": missed,
        "delta": changed,
        "seconds": answer.seconds,
        "message": answer.message,
    }


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {step:+d}" for key, step in value.items()) or "nothing changes"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
