"""``mendlite repair``: the main job."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mendlite.analysis.diagnosis.registry import examine
from mendlite.case.case import Case
from mendlite.cli import COMMANDS
from mendlite.cli.common import CLOCK, case_options, command_line, read_bytes
from mendlite.cli.flags import report_with_flags, with_flags
from mendlite.cli.interrupts import interruptible
from mendlite.cli.names import Name
from mendlite.cli.next_steps import Place
from mendlite.cli.options import given_values, options_from, require_reader, require_use
from mendlite.cli.outcome import Finished, Log, amount_of, logged, shown_options
from mendlite.cli.subject import ChosenTarget, chosen_target, next_command, pin_option, subject
from mendlite.cli.words import DataCommand
from mendlite.emit.certificate import load_key, sign
from mendlite.files import (
    hold_folder,
    make_folder,
    require_ours,
    require_writable,
    write_file,
    write_set,
)
from mendlite.jobs.certificate import make_certificate
from mendlite.jobs.front_door.find_target import FoundTarget
from mendlite.jobs.front_door.target_file import require_unedited, target_file
from mendlite.jobs.repair import Repaired
from mendlite.jobs.repair import repair as run_repair
from mendlite.jobs.result_files import FORMS, REPAIRED, result_files, too_large
from mendlite.model.clock import Clock
from mendlite.model.problem import Objective, RepairProblem
from mendlite.model.repair_options import RepairOptions
from mendlite.model.report_details import ReportOrigin
from mendlite.reading.limited import KEY
from mendlite.repair.run import require_settings
from mendlite.repair.settings import Settings
from mendlite.repair.solving import Solving
from mendlite.repair.strategies.registry import STRATEGIES, strategies_that_read
from mendlite.report.diagnosis import diagnosis_lines
from mendlite.report.progress import progress
from mendlite.solvers.ledger import Ledger
from mendlite.solvers.problem_file import dumps_problem
from mendlite.solvers.registry import require_backend
from mendlite.targets.load import FILE, find_target, named_targets
from mendlite.targets.schema import RepairDefaults, Target
from mendlite.workers.dask_cluster import require_dask

SOLUTIONS = "solutions.sqlite"
"""The solutions of the solver as they arrived, for --resume."""


def strategies() -> str:
    """A line for each strategy, as the help shows them."""
    width = max(map(len, STRATEGIES))
    return "\b\nStrategies:\n" + "\n".join(
        f"  {row.name:{width}}  {row.summary}" for row in STRATEGIES.values()
    )


@click.command(cls=DataCommand, epilog=strategies())
@subject
@case_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder of the results.  [default: build/<target>]",
)
@click.option(
    "--strategy",
    type=Name(list(STRATEGIES)),
    default=None,
    help="How to repair.  [default: the target's, else auto]",
)
@options_from(RepairOptions)
@pin_option
@shown_options
@click.option(
    "--resume", is_flag=True, help="Use the solutions that a stopped run left in the folder."
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
    "--gate", is_flag=True, help="Exit with 4 where the result breaks the target's limits."
)
def repair(**options: Any) -> None:
    """Repair TARGET (a name or a path to a target.toml), or INT8 after FLOAT on --data.

    Which file is which, the task and how samples are fed are found out and printed; where that is
    not sure, the error names the option that decides. The folder of --out then holds a target.toml
    for the next run, too.

    Writes repaired.tflite, delta.json, report.json, details.json, report.html, certificate.json
    and, with the extra report, curve.png into the folder of --out. Where held-out samples get
    worse, only the report's files are written and the exit code is 3.

    Ctrl-C ends the step at work; what was accepted before is validated and written as after any
    repair (exit code 0, "stopped by Ctrl-C" in the verdict). Where nothing was accepted, and at
    the second Ctrl-C, nothing is written and the exit code is 130.
    """  # fmt: skip
    key = None if options["sign"] is None else load_key(read_bytes(options["sign"], KEY))
    chosen = chosen_target(options, "repair")
    with logged(options["log"]) as log:
        outcome = _repaired(chosen, options, key, log)
        outcome.show(options, log)
        if chosen.new_target is not None and amount_of(options) and not options["as_json"]:
            click.echo(f"the next run: {next_command(chosen.new_target, chosen.new_target.file)}")
        outcome.end(gate=options["gate"])


def _repaired(chosen: ChosenTarget, options: dict[str, Any], key: Any, log: Log | None) -> Finished:
    """Repair the target, show the work, and write the files."""
    with ExitStack() as running:
        show = running.enter_context(progress(shown=not options["quiet"], log=log))
        interruption = running.enter_context(interruptible(show.interrupted))
        opened = chosen.open(show)
        case, target = opened.case, opened.target
        out = options["out"] or Path("build") / target.name
        require_writable(out)
        click.get_current_context().with_resource(hold_folder(out))
        require_ours(out, FORMS)
        written = _target_file(chosen.new_target)
        wanted = replace(
            settings(target.repair, options, out),
            watch=show.watch,
            interruption=interruption,
            clock=click.get_current_context().meta.get(CLOCK) or Clock(),
        )
        require_settings(case, wanted)
        examination = examine(case, wanted.options.time_limit)
        if not options["as_json"]:
            for line in diagnosis_lines(examination.diagnosis, case.task.loss_name):
                show.remark(with_flags(line))
        repaired = run_repair(case, wanted, _paths(target, out), examination)
        repaired = replace(repaired, report=report_with_flags(repaired.report))
        reference = FILE if chosen.name is None else _reference(chosen.name, out)
        certificate = _certificate(case, repaired, reference, key)
        origin = ReportOrigin(command=command_line(), understood=_understood(chosen.new_target))
        files = result_files(repaired, certificate, origin) | written
        # What an earlier run left in the folder does not pass for this one's: it goes.
        write_set(out, files, FORMS)
    return Finished(
        repaired=repaired,
        place=_place(chosen, target, out, options),
        files=list(files),
        notes=tuple(map(with_flags, too_large(files))),
    )


def _place(chosen: ChosenTarget, target: Target, out: Path, options: dict[str, Any]) -> Place:
    """How the commands that come next name the target and the results."""
    named = chosen.name if chosen.new_target is None else str(chosen.new_target.file)
    return Place(
        target=str(named),
        out=out,
        usual=Path("build") / target.name,
        board=options["board"] or "",
        opens="report" in COMMANDS,
    )


def _understood(new_target: FoundTarget | None) -> tuple[str, ...]:
    """What was found out about models and data, where no target describes them."""
    return () if new_target is None else tuple(map(with_flags, new_target.understanding.lines))


def _target_file(new_target: FoundTarget | None) -> dict[str, bytes]:
    """The target file of models and data that were named; none where a target was."""
    if new_target is None:
        return {}
    require_unedited(new_target.file)
    return {FILE: target_file(new_target.target, new_target.understanding.lines)}


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


def settings(table: RepairDefaults, options: dict[str, Any], out: Path) -> Settings:
    """The command line's settings over the target's, over the defaults.

    Raises BadInputError where an option does nothing with the strategy, and where the backend is
    unknown or not installed.
    """
    chosen = Settings.of(
        options["strategy"] or table.strategy, **given_values(RepairOptions, options, table)
    )
    strategy = chosen.strategy
    if chosen.options.dask is not None:
        require_dask()
    require_use(RepairOptions, options, strategy.name, strategies_that_read)
    if options["metric"] is not None and chosen.options.scope.neurons is None:
        # It ranks the neurons of `neurons`, with any strategy.
        require_reader("metric", strategy.name, strategies_that_read("metric"))
    if "backend" in strategy.reads:
        require_backend(chosen.options.solver.backend, Objective.MAX_DELTA)
        return replace(chosen, solving=_solving(options, out))
    for given in ("resume", "save_problems"):
        if options[given]:
            require_reader(given, strategy.name, strategies_that_read("backend"))
    return chosen


def _solving(options: dict[str, Any], out: Path) -> Solving:
    """Where solutions are kept, and problems are written."""
    folder = options["save_problems"]
    if folder is not None:
        require_writable(folder)

    def save(problem: RepairProblem) -> None:
        name = f"layer{problem.layer}_neuron{problem.neuron}.npz"
        write_file(folder / name, dumps_problem(problem))

    make_folder(out)
    ledger = Ledger(out / SOLUTIONS, fresh=not options["resume"])
    return Solving(ledger=ledger, save=None if folder is None else save)
