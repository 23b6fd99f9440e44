"""``mendlite repair``: the main job."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mendlite.algorithms.qnnrepair import Passing
from mendlite.case.case import Case
from mendlite.cli.common import case_options, load, read_bytes
from mendlite.cli.finite import FiniteRange
from mendlite.emit.certificate import load_key, sign
from mendlite.errors import BadInputError, GateError, NothingRepairedError
from mendlite.files import (
    hold_folder,
    make_folder,
    require_ours,
    require_writable,
    write_file,
    write_set,
)
from mendlite.jobs.certificate import make_certificate
from mendlite.jobs.repair import Repaired
from mendlite.jobs.repair import repair as run_repair
from mendlite.jobs.result_files import FORMS, REPAIRED, result_files
from mendlite.model.problem import Objective, RepairProblem
from mendlite.model.spectra import Metric
from mendlite.reading.limited import KEY
from mendlite.repair.settings import SOLVES, STRATEGIES, Room, Settings, Solving, require_strategy
from mendlite.report.json_report import to_json
from mendlite.report.progress import progress
from mendlite.report.terminal import show_report
from mendlite.solvers.ledger import Ledger
from mendlite.solvers.problem_file import dumps_problem
from mendlite.solvers.registry import DEFAULT, require_backend
from mendlite.targets.load import find_target, named_targets
from mendlite.targets.schema import RepairDefaults, Target

SOLUTIONS = "solutions.sqlite"
"""The answers of the solver as they arrived, for --resume."""


@click.command()
@case_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder of the results.  [default: build/<target>]",
)
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    default=None,
    help="How to repair.  [default: the target's, else auto]",
)
@click.option(
    "--layers", default=None, metavar="A,B,...", help="Layers by name or number, or all, or dense."
)
@click.option(
    "--metric",
    type=click.Choice([m.value for m in Metric]),
    default=None,
    help="Suspiciousness metric that ranks the neurons of --neurons.  [default: ample]",
)
@click.option(
    "--neurons",
    type=click.IntRange(1),
    default=None,
    help="Edit only the N most suspicious neurons.  [default: all; qnnrepair: 10]",
)
@click.option(
    "--passing",
    type=click.Choice([p.value for p in Passing]),
    default=None,
    help="qnnrepair: what the signs at passing tests are to a neuron.  [default: none]",
)
@click.option(
    "--passing-tests",
    type=click.IntRange(1),
    default=None,
    metavar="N",
    help="qnnrepair: draw so many passing tests.  [default: all]",
)
@click.option(
    "--max-delta", type=click.IntRange(1), default=None, help="Largest change of one weight."
)
@click.option(
    "--ridge",
    type=FiniteRange(0, min_open=True),
    default=None,
    help="least-squares: pull toward the float weights.",
)
@click.option(
    "--no-scales",
    "scales",
    flag_value=False,
    type=bool,
    default=None,
    help="Edit no scales and zero-points, only weights and biases.",
)
@click.option(
    "--max-bytes",
    type=click.IntRange(1),
    default=None,
    help="Change at most this many bytes of the file, where they fix most.",
)
@click.option(
    "--max-edits",
    type=click.IntRange(1),
    default=None,
    help="Change at most this many values (weights, biases, scales).",
)
@click.option(
    "--time-limit",
    type=FiniteRange(0, min_open=True),
    default=None,
    metavar="SECONDS",
    help="Begin no further step after this time.",
)
@click.option(
    "--max-rows",
    type=click.IntRange(1),
    default=None,
    help="qnnrepair: most constraints of one neuron.  [default: 1000]",
)
@click.option(
    "--epsilon",
    type=FiniteRange(0, min_open=True),
    default=None,
    help="smt: each output within this of float's, besides the class.",
)
@click.option("--smt-ranges", is_flag=True, help="smt: the output's range may change, too.")
@click.option(
    "--solver-seconds",
    type=FiniteRange(0, min_open=True),
    default=None,
    help="qnnrepair: CPU seconds for one neuron.  [default: 60]",
)
@click.option(
    "--backend",
    default=None,
    metavar="NAME",
    help="What solves a neuron; see 'mendlite solvers'.  [default: chain]",
)
@click.option(
    "--dask", default=None, metavar="ADDRESS", help="Solve on the workers of a Dask scheduler."
)
@click.option(
    "--resume", is_flag=True, help="Take the answers that a killed run left in the folder."
)
@click.option(
    "--save-problems",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DIR",
    help="Write every neuron's problem as .npz, for 'mendlite solve'.",
)
@click.option(
    "--sign",
    type=click.Path(path_type=Path),
    default=None,
    metavar="KEY.pem",
    help="Sign the certificate with this Ed25519 key.",
)
@click.option(
    "--keep-worse",
    is_flag=True,
    help="Write the repaired file although held-out samples get worse with it.",
)
@click.option(
    "--gate", is_flag=True, help="Exit with 4 where the result breaks the target's limits."
)
def repair(**options: Any) -> None:
    """Repair TARGET (a name or a path to a target.toml).

    Writes repaired.tflite, delta.json, report.json, certificate.json and curve.png into the folder
    of --out. Where held-out samples get worse, only report.json is written and the exit code is 3.
    """  # fmt: skip
    key = None if options["sign"] is None else load_key(read_bytes(options["sign"], KEY))
    with progress(shown=not options["quiet"]) as show:
        opened = load(show, options)
        case, target = opened.case, opened.target
        out = options["out"] or Path("build") / target.name
        require_writable(out)
        click.get_current_context().with_resource(hold_folder(out))
        require_ours(out, FORMS)
        chosen = settings(target.repair, options)
        chosen = replace(chosen, solving=_solving(chosen, options, out))
        repaired = run_repair(case, chosen, _paths(target, out))
        certificate = _certificate(case, repaired, _reference(options["target"], out), key)
        files = result_files(repaired, certificate)
    # What an earlier run left in the folder does not pass for this one's: it goes.
    write_set(out, files, FORMS)
    _show(repaired, out, list(files), as_json=options["as_json"])
    _end(repaired, gate=options["gate"])


def _certificate(case: Case, repaired: Repaired, reference: str, key: Any) -> Any:
    """The certificate, signed where there is a key; None where the repaired file is not kept."""
    if not repaired.kept:
        return None
    certificate = make_certificate(case, repaired, reference)
    return certificate if key is None else sign(certificate, key)


def _paths(target: Target, out: Path) -> tuple[str, str, str]:
    models = target.models
    float_path = str(models.float.path) if models.float else ""
    return float_path, str(models.int8.path), str(out / REPAIRED)


def _reference(target: str, out: Path) -> str:
    """The target's name, or its file as it is reached from the results' folder."""
    if target in dict(named_targets()):
        return target
    return Path(os.path.relpath(find_target(target).resolve(), out.resolve())).as_posix()


def settings(chosen: RepairDefaults, options: dict[str, Any]) -> Settings:
    """The command line's settings over the target's, over the defaults."""

    def pick(name: str, default: Any) -> Any:
        value = options.get(name)
        if value is None:
            value = getattr(chosen, name)
        return default if value is None else value

    layers = pick("layers", None)
    if isinstance(layers, str):
        layers = tuple(word.strip() for word in layers.split(",") if word.strip())
    return Settings(
        strategy=require_strategy(pick("strategy", STRATEGIES[0])),
        layers=None if layers is None else tuple(str(word) for word in layers),
        metric=Metric(pick("metric", Metric.AMPLE.value)),
        neurons=pick("neurons", None),
        passing=Passing(pick("passing", Passing.NONE.value)),
        passing_tests=pick("passing_tests", None),
        max_delta=pick("max_delta", None),
        ridge=pick("ridge", None),
        max_rows=pick("max_rows", 1000),
        solving=Solving(
            backend=pick("backend", DEFAULT),
            seconds=pick("solver_seconds", 60.0),
            dask=options["dask"],
        ),
        scales=pick("scales", default=True),
        room=Room(bytes=pick("max_bytes", None), edits=pick("max_edits", None)),
        time_limit=pick("time_limit", None),
        epsilon=pick("epsilon", None),
        ranges=options["smt_ranges"],
        keep_worse=options["keep_worse"],
    )


USED_BY = {
    "backend": SOLVES,
    "dask": SOLVES,
    "resume": SOLVES,
    "save_problems": SOLVES,
    "passing": SOLVES,
    "passing_tests": SOLVES,
    "max_rows": SOLVES,
    "solver_seconds": (*SOLVES, "smt"),
    "epsilon": ("smt",),
    "smt_ranges": ("smt",),
}
"""Options that only some strategies read: given with another, they would do nothing."""


def _require_use(options: dict[str, Any], strategy: str) -> None:
    """Raise BadInputError for an option of the command line that the strategy does not read."""
    for name, strategies in USED_BY.items():
        if options[name] and strategy not in strategies:
            flag = f"--{name.replace('_', '-')}"
            raise BadInputError(
                f"{flag} does nothing with strategy {strategy}: it goes with "
                f"{' and '.join(strategies)}"
            )


def _solving(chosen: Settings, options: dict[str, Any], out: Path) -> Solving:
    """The solving with its files; raises where the backend is unknown or not installed."""
    _require_use(options, chosen.strategy)
    solving = chosen.solving
    if chosen.strategy not in SOLVES:
        return solving
    require_backend(solving.backend, Objective.MAX_DELTA)
    folder = options["save_problems"]
    if folder is not None:
        require_writable(folder)

    def save(problem: RepairProblem) -> None:
        name = f"layer{problem.layer}_neuron{problem.neuron}.npz"
        write_file(folder / name, dumps_problem(problem))

    make_folder(out)
    ledger = Ledger(out / SOLUTIONS, fresh=not options["resume"])
    return replace(solving, ledger=ledger, asked=None if folder is None else save)


def _show(repaired: Repaired, out: Path, files: list[str], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(to_json(repaired.report).decode())
        return
    show_report(repaired.report, sys.stdout)
    click.echo(f"wrote {', '.join([str(out / files[0]), *files[1:]])}")


def _end(repaired: Repaired, *, gate: bool) -> None:
    """Raise what the exit code says."""
    report = repaired.report
    if not repaired.kept:
        raise NothingRepairedError(report.headline)
    if gate and report.gate:
        raise GateError(f"gate of {report.target}: {'; '.join(report.gate)}")
    solved = {"optimal", "feasible", "elastic"}
    if report.solver.problems and not solved & set(report.solver.status):
        raise NothingRepairedError(
            f"none of the {report.solver.problems} neurons of {report.target} could be solved; "
            "raise --solver-seconds, or try --strategy least-squares"
        )
