"""``mendlite validate``: count the failing tests of a model."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from mendlite.case.case import Case
from mendlite.case.evaluate import teacher_runner
from mendlite.case.gate import gate_breaches
from mendlite.case.tasks import require_same_answers
from mendlite.case.validation import Validated
from mendlite.case.validation import validate as run_validation
from mendlite.cli.common import case_options
from mendlite.cli.subject import chosen_target, subject
from mendlite.cli.words import DataCommand
from mendlite.errors import BadInputError, GateError
from mendlite.files import require_whole
from mendlite.jobs.compare_with_board import check_device
from mendlite.jobs.compare_with_interpreters import check_runtime, difference, require_equal
from mendlite.measure.intervals import intervals
from mendlite.model.device_report import BoardVerdict, DeviceReport
from mendlite.model.graph import Model
from mendlite.model.interface import InterfaceChange
from mendlite.model.scores import Validation
from mendlite.pairing.layers import pair_layers
from mendlite.replay.runtimes import NAMES, Runtime, require_runtimes
from mendlite.report.interface import interface_lines
from mendlite.report.json_report import to_json
from mendlite.report.progress import progress
from mendlite.report.terminal import show_device, show_validation
from mendlite.targets.open import OpenedTarget
from mendlite.tflite.interface import interface_changes
from mendlite.tflite.reader import read_file
from mendlite.tflite.saved_delta import read_delta

REPAIRED, DELTA = "repaired.tflite", "delta.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The repaired model that is evaluated (None: there is none), and a remark on which it is."""

    model: Model | None
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateOutcome:
    """What was found: the figures, and our kernels against a board's and other interpreters'.

    ``interface`` are the inputs and outputs of the repaired file with other parameters.
    """

    validated: Validated
    interface: tuple[InterfaceChange, ...]
    device: DeviceReport | None
    against: tuple[DeviceReport, ...]

    @property
    def validation(self) -> Validation:
        """The figures."""
        return self.validated.validation


@click.command(cls=DataCommand)
@subject
@case_options
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    default=None,
    help="The repaired file.  [default: build/<target>/repaired.tflite where it is there and was "
    "made from the target's int8 file]",
)
@click.option(
    "--validation-samples",
    type=click.IntRange(1),
    default=None,
    help="Use at most this many validation samples.",
)
@click.option(
    "--against",
    default=None,
    metavar="A,B,...",
    help="Compare every tensor with these interpreters' and exit with 6 where one differs: "
    f"{', '.join(NAMES)}.",
)
@click.option(
    "--equal", is_flag=True, help="With --device: exit with 6 where host and board differ."
)
@click.option(
    "--gate", is_flag=True, help="Exit with 4 where the result breaks the target's limits."
)
def validate(**options: Any) -> None:
    """Count TARGET's failing tests on its validation samples, before and after.

    Or those of INT8 after FLOAT, on the held-out samples of --data.

    With --device the board runs them, and its outputs are compared with the host's byte by byte.
    """
    if options["equal"] and not (options["devices"] or options["board"]):
        raise BadInputError("--equal compares host and board: name a board by --device or --board")
    runtimes = () if options["against"] is None else require_runtimes(options["against"])
    target = chosen_target(options, "validate", only_validate=True)
    with progress(shown=not options["quiet"]) as show:
        opened = target.open(show)
        case = opened.case
        subject = _subject(opened, options["model"])
        outcome = _outcome(case, subject.model, runtimes)
    _show(case, outcome, subject, as_json=options["as_json"])
    equal = options["equal"] or opened.target.device.equal
    _end(case, outcome, gate=options["gate"], equal=equal)


def _subject(opened: OpenedTarget, named: Path | None) -> Subject:
    """The named file, or what a repair of this target left in its folder."""
    case = opened.case
    if named is not None:
        model = case.on_recordings(read_file(require_whole(named), case.quantized.signature))
        if case.pairs:
            pair_layers(case.reference, model)
        require_same_answers(case.task, case.quantized, model)
        same = model.sha256 == case.quantized.sha256
        remark = f"{named} is the target's int8 file" if same else f"repaired: {named}"
        return Subject(model=None if same else model, remark=remark)
    path = Path("build") / case.name / REPAIRED
    if not path.is_file():
        return Subject(model=None, remark="")
    model = case.on_recordings(read_file(require_whole(path), case.quantized.signature))
    other = _other_repair(opened, model, path.with_name(DELTA))
    if other:
        return Subject(model=None, remark=f"{path} was left out: {other}")
    if model.sha256 == case.quantized.sha256:
        return Subject(model=None, remark=f"{path} is the target's int8 file: nothing was changed")
    return Subject(model=model, remark=f"repaired: {path}")


def _other_repair(opened: OpenedTarget, model: Model, path: Path) -> str:
    """Why a file is no repair of this target's int8 file, by the delta beside it; else empty."""
    if not path.is_file():
        return f"there is no {path.name} beside it that names its base file"
    delta = read_delta(path)
    if delta.patched_sha256 != model.sha256:
        return f"{path.name} beside it belongs to another file"
    if delta.base_sha256 != opened.case.quantized.sha256:
        return f"it was made from another int8 file than {opened.target.models.int8.path}"
    return ""


def _outcome(case: Case, model: Model | None, runtimes: tuple[Runtime, ...]) -> ValidateOutcome:
    models = {"int8": case.quantized} | ({} if model is None else {"repaired": model})
    return ValidateOutcome(
        validated=run_validation(case, model),
        interface=() if model is None else interface_changes(case.quantized, model),
        device=check_device(case, models) if case.execution.boards else None,
        against=tuple(check_runtime(case, models, runtime) for runtime in runtimes),
    )


def _show(case: Case, outcome: ValidateOutcome, subject: Subject, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(_as_json(outcome))
        return
    show_validation(case.name, _kernels(case), outcome.validation, sys.stdout)
    if subject.remark:
        click.echo(subject.remark)
    for line in interface_lines(outcome.interface):
        click.echo(line)
    for report in (outcome.device, *outcome.against):
        if report is not None:
            show_device(report, sys.stdout)


def _kernels(case: Case) -> str:
    """The kernels that ran, and those of the float model where another runner ran it."""
    ours = case.execution.evaluation_runner(case.quantized).kernels
    if case.float_model is None or case.recipe.teacher != "float":
        return ours
    teacher = teacher_runner(case).kernels
    return ours if teacher.startswith("reference") else f"{ours}; float model: {teacher}"


def _as_json(outcome: ValidateOutcome) -> str:
    """The validation with intervals and samples, or that and what comparisons found."""
    validation, rows = outcome.validation, outcome.validated.rows
    values: dict[str, object] = {
        **{field.name: getattr(validation, field.name) for field in fields(validation)},
        "intervals": intervals(validation),
        "rows": rows.rows,
        "rows_left_out": rows.left_out,
        "interface": outcome.interface,
    }
    if outcome.device is None and not outcome.against:
        return to_json(values).decode()
    values = {"validation": values}
    if outcome.device is not None:
        values["device"] = outcome.device
    if outcome.against:
        values["against"] = outcome.against
    return to_json(values).decode()


def _note_differences(report: DeviceReport) -> None:
    for model in report.models:
        if model.verdict is not BoardVerdict.IDENTICAL:
            words = f"{difference(report, model)}; only with --equal is this exit code 6"
            click.echo(f"note: {words}", err=True)


def _end(case: Case, outcome: ValidateOutcome, *, gate: bool, equal: bool) -> None:
    """Raise the error of the exit code; a board's difference that is none of them is a note."""
    if outcome.device is not None and not equal:
        _note_differences(outcome.device)
    breaches = gate_breaches(case.gate, outcome.validation)
    if gate and breaches:
        raise GateError(f"gate of {case.name}: {'; '.join(breaches)}")
    if equal and outcome.device is not None:
        require_equal(outcome.device)
    for report in outcome.against:
        require_equal(report)
