"""How ``mendlite repair`` ends: what is printed and logged, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mendlite.cli.common import command_line
from mendlite.cli.flags import with_flags
from mendlite.cli.next_steps import Place, next_lines
from mendlite.errors import GateError, MendliteError, NothingRepairedError
from mendlite.files import appended
from mendlite.jobs.repair import Repaired
from mendlite.report.curve import curve_lacks
from mendlite.report.json_report import to_json
from mendlite.report.screen import PlainText, show_line
from mendlite.report.terminal import Amount, show_report

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A repair that ended; ``files`` were written into ``place.out``, ``notes`` tell of them."""

    repaired: Repaired
    place: Place
    files: Sequence[str]
    notes: Sequence[str] = ()

    def show(self, options: dict[str, Any], log: Log | None) -> None:
        """Print as much as the options request; the log gets all of it."""
        report, amount = self.repaired.report, amount_of(options)
        if log is not None:
            self._log(log)
        if self.repaired.kept and report.curve and (lack := curve_lacks()):
            click.echo(f"note: {lack}", err=True)
        for note in self.notes:
            click.echo(f"note: {note}", err=True)
        if options["as_json"]:
            sys.stdout.write(to_json(report).decode())
            return
        show_report(report, sys.stdout, amount)
        if amount is Amount.VERDICT:
            return
        for line in (self._written(), *next_lines(report, self.place)):
            show_line(line, sys.stdout)

    def _written(self) -> str:
        out = self.place.out
        return f"wrote {', '.join([str(out / self.files[0]), *self.files[1:]])}"

    def _log(self, log: Log) -> None:
        text = PlainText()
        show_report(self.repaired.report, text, Amount.STEPS)
        log(f"{text.getvalue()}{self._written()}")

    def end(self, *, gate: bool) -> None:
        """Raise the error of the exit code."""
        report = self.repaired.report
        if not self.repaired.kept:
            raise NothingRepairedError(report.headline)
        if gate and report.gate:
            raise GateError(f"gate of {report.target}: {'; '.join(report.gate)}")
        solved = {"optimal", "feasible", "elastic"}
        if report.solver.problems and not solved & set(report.solver.status):
            raise NothingRepairedError(
                f"none of the {report.solver.problems} neurons of {report.target} could be solved; "
                "raise --solver-seconds, or try --strategy least-squares"
            )


def amount_of(options: dict[str, Any]) -> Amount:
    """How much is printed: all with --verbose, the verdict with --quiet."""
    if options["verbose"]:
        return Amount.STEPS
    return Amount.VERDICT if options["quiet"] else Amount.USUAL


@contextmanager
def logged(path: Path | None) -> Iterator[Log | None]:
    """A function that adds lines to the log of --log; None where none was named.

    The command is its first line, an error its last one.
    """
    with nullcontext() if path is None else appended(path) as log:
        if log is None:
            yield None
            return
        log(command_line())
        try:
            yield log
        except MendliteError as error:
            log(f"error: {with_flags(str(error))}")
            raise
        except KeyboardInterrupt:
            log("interrupted")
            raise


def shown_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --verbose and --log."""
    function = click.option(
        "--log",
        type=click.Path(path_type=Path),
        default=None,
        metavar="FILE",
        help="Add all lines, with the time, to the end of this file, with or without --quiet.",
    )(function)
    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        help="Print the log of the steps, too: which were rejected and why.",
    )(function)
