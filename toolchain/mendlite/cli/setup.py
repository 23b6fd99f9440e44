"""``mendlite targets``, ``doctor`` and ``init``."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mendlite.cli.as_json import json_option, print_json
from mendlite.cli.common import data_root
from mendlite.cli.flags import with_flags
from mendlite.cli.subject import brought, next_command, pin_option, subject, target_named
from mendlite.cli.words import DataCommand
from mendlite.errors import BadInputError, MendliteError
from mendlite.files import write_file
from mendlite.jobs.doctor import examine
from mendlite.jobs.front_door.find_target import find_target
from mendlite.jobs.front_door.target_file import target_file
from mendlite.reading.limited import is_there, shown
from mendlite.report.table import show_table
from mendlite.targets.load import FILE, load_target, named_targets, read_target

FilePath = click.Path(path_type=Path)


@click.command()
@json_option
def targets(*, as_json: bool) -> None:
    """List the targets that have a name, and whether their files are here."""
    rows = []
    for name, path in named_targets():
        try:
            load_target(name, data_root=data_root())
            state = "ready"
        except BadInputError as error:
            state = str(error)
        rows.append((name, read_target(path).description, state))
    if as_json:
        keys = ("name", "description", "state")
        listed = [dict(zip(keys, row, strict=True)) for row in rows]
        print_json(listed)
        return
    shown = [(name, text, "ready" if state == "ready" else "missing") for name, text, state in rows]
    show_table("targets", ("name", "what", "files"), shown, sys.stdout, words=3)
    missing = next((state for _, _, state in rows if state != "ready"), None)
    if missing is not None:
        click.echo(f"first missing: {missing}")


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Run a real inference on every runner and a real problem on every solver."""
    findings = examine()
    if as_json:
        print_json([asdict(f) for f in findings])
    else:
        rows = [
            (f.part, f.state + (" (optional)" if f.optional else ""), f.detail) for f in findings
        ]
        show_table("mendlite doctor", ("part", "state", "detail"), rows, sys.stdout, words=3)
    broken = [f.part for f in findings if f.state != "ok" and not f.optional]
    if broken:
        raise MendliteError(f"{', '.join(broken)}: missing or broken; see above")


@click.command(cls=DataCommand)
@subject
@click.option(
    "--out",
    type=FilePath,
    default=Path(FILE),
    show_default=True,
    help="The target file to write.",
)
@click.option("--name", default=None, help="The target's name.  [default: the int8 file's]")
@pin_option
@click.option(
    "--allow-other-network",
    is_flag=True,
    help="Go on although the int8 weights are far from the float model's.",
)
@click.option("--force", is_flag=True, help="Overwrite the target file.")
@json_option
def init(**options: Any) -> None:
    """Write a target.toml for the models FLOAT and INT8 and the samples of --data.

    What 'mendlite repair' does before its work: task, feeding and labels are found out and printed,
    and where that is not sure, the error names the option that decides.
    """
    out: Path = options["out"]
    if target_named(options) is not None:
        raise BadInputError("a target needs no first file: name the model files and `data`")
    if is_there(out) and not options["force"]:
        raise BadInputError(f"{shown(out)}: already there; --force overwrites it")
    new_target = find_target(brought(options, "init"), out)
    write_file(
        out, target_file(new_target.target, new_target.understanding.lines), force=options["force"]
    )
    lines = [with_flags(line) for line in new_target.understanding.lines]
    if options["as_json"]:
        said = {"file": str(out), "name": new_target.target.name, "understood": lines}
        print_json(said)
        return
    for line in lines:
        click.echo(line)
    click.echo(f"wrote {out}; next: {next_command(new_target, out)}")
