"""``mendlite flash``: a repaired file onto a board, by the board's own tool."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import Any

import click

from mendlite.cli.as_json import print_json
from mendlite.cli.emit_job import Job, files_of, read_job, shared_options
from mendlite.errors import BadInputError, DeviceError
from mendlite.files import write_emitted
from mendlite.jobs.graph_change import graph_between
from mendlite.model.places import fill
from mendlite.report.interface import graph_lines, interface_lines
from mendlite.targets.board import Board
from mendlite.tflite.interface import interface_changes

STDERR = 2


@click.command()
@shared_options
@click.option("--port", default="", help="The board's serial port, where its tool needs one.")
@click.option("--dry-run", is_flag=True, help="Show the command and run nothing.")
def flash(**options: Any) -> None:
    """Flash TARGET's repaired file with the board's own tool."""
    job = read_job(options)
    command = _command(job, options["port"])
    said = {
        "target": job.target.name,
        "board": job.board.name,
        "address": job.board.address,
        "command": command,
    }
    if options["dry_run"]:
        if options["as_json"]:
            print_json({**said, "flashed": False})
            return
        click.echo(shlex.join(command))
        return
    if shutil.which(command[0]) is None:
        raise DeviceError(
            f"board {job.board.name} is flashed by {command[0]}, which is not installed: "
            f"{job.board.flash_from or 'install it'}"
        )
    forms = [kind for kind in ("bin", "hex", "uf2") if _names(job.board, kind)]
    write_emitted(job.out, files_of(job, forms, "g_model"))
    # The tool's own words are not JSON.
    done = subprocess.run(command, check=False, stdout=STDERR if options["as_json"] else None)
    if done.returncode:
        raise DeviceError(
            f"{command[0]} ended with status {done.returncode}: board {job.board.name} may not "
            "hold the repaired file"
        )
    if options["as_json"]:
        print_json({**said, "flashed": True})
        return
    click.echo(f"{job.target.name} is on {job.board.name}, at {job.board.address:#x}")
    base, data = job.read(job.base), job.read(job.data)
    for line in (
        *interface_lines(interface_changes(base, data)),
        *graph_lines(graph_between(base, data)),
    ):
        click.echo(line)


def _names(board: Board, kind: str) -> bool:
    """Whether the board's command takes this kind of file."""
    return any(f"{{{kind}}}" in word for word in board.flash)


def _command(job: Job, port: str) -> list[str]:
    """The board's command, filled in; raises where it has none or lacks the port."""
    board = job.board
    if not board.flash:
        raise BadInputError(f"board {board.name} has no flash command in its .toml")
    if _names(board, "port") and not port:
        raise BadInputError(f"board {board.name} is flashed over a serial port: set it with --port")
    if port and not _names(board, "port"):
        raise BadInputError(
            f"--port has no effect: {board.flash[0]} flashes {board.name} without one"
        )
    places = {kind: str(job.out / f"g_model.{kind}") for kind in ("bin", "hex", "uf2")}
    places |= {"address": f"{board.address:#x}", "port": port}
    return [fill(word, places) for word in board.flash]
