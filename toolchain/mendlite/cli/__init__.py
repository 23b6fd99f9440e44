"""The ``mendlite`` command: arguments, files and exit codes. Heavy imports stay in commands."""

from __future__ import annotations

import os
import sys
import warnings
from io import TextIOWrapper

import click

from mendlite import __version__
from mendlite.cli.failure import fail, fail_usage
from mendlite.errors import ExitCode, MendliteError
from mendlite.model.clock import Clock

COMMANDS = {
    "repair": "mendlite.cli.repair",
    "repair-all": "mendlite.cli.repair_all",
    "report": "mendlite.cli.report",
    "analyze": "mendlite.cli.analyze",
    "advise": "mendlite.cli.advise",
    "validate": "mendlite.cli.validate",
    "check": "mendlite.cli.check",
    "certify": "mendlite.cli.certify",
    "solvers": "mendlite.cli.solvers",
    "solve": "mendlite.cli.solvers",
    "diff": "mendlite.cli.patch",
    "apply": "mendlite.cli.patch",
    "revert": "mendlite.cli.patch",
    "extract": "mendlite.cli.extract",
    "float-twin": "mendlite.cli.float_twin",
    "emit": "mendlite.cli.emit",
    "flash": "mendlite.cli.flash",
    "boards": "mendlite.cli.boards",
    "device": "mendlite.cli.device",
    "targets": "mendlite.cli.setup",
    "doctor": "mendlite.cli.setup",
    "init": "mendlite.cli.setup",
}
"""Where each command lives; a module is imported only when its command runs or shows help."""

SUMMARIES = {
    "repair": "Repair a target's int8 model in place and report what that did.",
    "repair-all": "Repair several targets, with several seeds, on this machine or a cluster.",
    "report": "Show a repair again: page, Markdown, JUnit XML, Model Explorer.",
    "analyze": "Show the cost of quantization, layer by layer.",
    "advise": "Choose int4 and int8 layers for a flash budget, with the recipe.",
    "validate": "Count the failing tests of an int8 or repaired model.",
    "check": "Check a repair's certificate from its files, bytes to figures.",
    "certify": "Prove a property for every input of a region, or refute it.",
    "solvers": "List the solver backends, which are installed and what each can do.",
    "solve": "Solve one saved neuron's problem with a backend.",
    "diff": "List the edits between two files by tensor, channel and value.",
    "apply": "Apply a saved delta to its base file.",
    "revert": "Revert a saved delta in a patched file.",
    "extract": "Extract the model from a C array in a source file.",
    "float-twin": "Compute a float model back from a quantized file.",
    "emit": "Write the repaired file as C array, HEX, UF2, OTA delta and manifest.",
    "flash": "Flash the repaired file with the board's own tool.",
    "boards": "List the boards that have a name.",
    "device": "List, ping and load boards, infer and bench on them.",
    "targets": "List the targets and whether their files are present.",
    "doctor": "Run a real inference on every runner and list what is missing.",
    "init": "Write a first target.toml for your own model.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are used."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words as typed, for the report, and the time: limits count from here on."""
        ctx.meta["mendlite.arguments"] = tuple(args)
        ctx.meta["mendlite.clock"] = Clock()
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's module."""
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = getattr(
            import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_")
        )
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, by its exact name; the error for another names the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from mendlite.reading.names import suggestion

            near = suggestion(args[0], COMMANDS)
            ctx.fail(f"No such command '{args[0]}'{near}. There are: {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="mendlite %(version)s")
def root() -> None:
    """Repair an int8 .tflite in place, before it is flashed.

    Exit codes: 0 done, 1 failure, 2 usage or bad input, 3 nothing was solved or only worse, 4 gate
    failed, 5 device, 6 bytes differ (board or other interpreter), 7 not verified, 130 interrupted.
    """


def main() -> None:
    """Run the command; every error a user can meet is one line on stderr and an exit code."""
    debug = bool(os.environ.get("MENDLITE_DEBUG"))
    _prepare_streams(quiet=not debug)
    try:
        root.main(standalone_mode=False)
    except click.exceptions.Abort:
        fail("interrupted", ExitCode.INTERRUPTED)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        fail_usage(error)
    except MendliteError as error:
        fail(str(error), error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(ExitCode.FAILURE)
    except Exception as error:
        if debug:
            raise
        fail(_unforeseen(error), ExitCode.FAILURE)


def _prepare_streams(*, quiet: bool) -> None:
    """Print any name, and no library's warning: mendlite has its own messages."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if quiet and not sys.warnoptions:
        warnings.simplefilter("ignore")


def _unforeseen(error: Exception) -> str:
    """The line for an error without a message of its own."""
    if isinstance(error, MemoryError):
        return "out of memory; use fewer samples: --samples N"
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}"
    what = f"{type(error).__name__}: {error}"
    return f"this is a fault of mendlite: {what}; MENDLITE_DEBUG=1 shows where"
