"""How a command ends that could not do what was requested: one line, or one JSON object."""

from __future__ import annotations

import json
import sys
from typing import NoReturn

import click

from mendlite.errors import ExitCode

JSON = "--json"


def fail(message: str, code: ExitCode) -> NoReturn:
    """Print the error on stderr and end with its exit code."""
    from mendlite.cli.flags import with_flags

    # A name or text in a file may hold escape sequences: they are shown, not obeyed.
    one_line = " ".join(with_flags(message).split())
    one_line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in one_line)
    if wants_json():
        _print_json(one_line, code)
    else:
        click.echo(f"mendlite: error: {one_line}", err=True)
    sys.exit(code)


def fail_usage(error: click.ClickException) -> NoReturn:
    """The end of a command whose arguments click refuses; without any argument, its help."""
    message = error.format_message()
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        fail(message, ExitCode.BAD_INPUT)
    if message == context.get_help():
        error.show()
        sys.exit(ExitCode.BAD_INPUT)
    fail(f"{message.rstrip('.')}; see {context.command_path} --help", ExitCode.BAD_INPUT)


def wants_json() -> bool:
    """Whether the command line has --json: it may not have been parsed yet."""
    return JSON in sys.argv[1:]


def _print_json(message: str, code: ExitCode) -> None:
    kind = code.name.lower().replace("_", " ")
    error = {"code": int(code), "kind": kind, "message": message}
    click.echo(json.dumps({"error": error}), err=True)
