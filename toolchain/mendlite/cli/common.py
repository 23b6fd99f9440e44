"""Options and loading that several commands share."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from mendlite.case.execution import Execution
from mendlite.cli.as_json import json_option
from mendlite.cli.names import BOARD, TARGET, Name
from mendlite.errors import BadInputError, DeviceError
from mendlite.model.progress import Progress
from mendlite.model.rounding import Profile
from mendlite.reading.limited import MODEL, Kind, read_limited
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.ports import serial_ports
from mendlite.replay.registry import RUNNERS
from mendlite.targets.board import load_board
from mendlite.targets.device import EMULATED, device_of
from mendlite.targets.open import CaseOptions, OpenedTarget, open_target

ARGUMENTS, CLOCK = "mendlite.arguments", "mendlite.clock"
"""Where a context keeps the words behind ``mendlite``, and the clock of its limits."""

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def data_root() -> Path | None:
    """The folder of MENDLITE_DATA, None where it is not set."""
    value = os.environ.get("MENDLITE_DATA", "")
    return Path(value) if value else None


def command_line() -> str:
    """The command that runs, as it was typed, quoted for a shell."""
    return shlex.join(["mendlite", *click.get_current_context().meta.get(ARGUMENTS, ())])


def outside_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that lets a target's paths lead out of its folder."""
    return click.option(
        "--allow-outside",
        "allow_outside",
        is_flag=True,
        help="Let the target's paths, and links on the way, lead out of its folder.",
    )(function)


def code_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that lets a target run Python code."""
    return click.option(
        "--allow-code",
        is_flag=True,
        help="Let the target's samples come from its module:function, which runs.",
    )(function)


def colour_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --no-color, which all tables and lines obey."""

    def forbid(_context: click.Context, _option: click.Parameter, given: bool) -> None:
        if given:
            os.environ["NO_COLOR"] = "1"

    return click.option(
        "--no-color", is_flag=True, expose_value=False, is_eager=True, callback=forbid,
        help="No colours, as with NO_COLOR in the environment; FORCE_COLOR forces them.",
    )(function)  # fmt: skip


def case_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a target is loaded and replayed."""
    options: list[Decorator] = [
        click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
                     help="Seed of every draw: samples, rows, the random baseline."),
        click.option("--samples", type=click.IntRange(1), default=None,
                     help="Use at most this many repair samples."),
        click.option("--runner", type=Name(RUNNERS), default="reference",
                     show_default=True, help="Kernels that run the models."),
        click.option("--profile", type=Name([p.value for p in Profile]),
                     default=Profile.TFLM.value, show_default=True,
                     help="Rounding profile of the reference kernels."),
        click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1,
                     show_default="all cores", help="Worker processes of the solver."),
        click.option("--device", "devices", multiple=True, metavar="ADDRESS",
                     help="Run the models on the board at this port, pyserial URL or qemu:BOARD; "
                     "several share the samples."),
        click.option("--board", default=None, type=BOARD,
                     help="The board there (see 'mendlite boards'); without --device it is "
                     "emulated, or found by its USB id."),
        click.option("--allow-other-network", is_flag=True,
                     help="Go on although the int8 weights are far from the float model's."),
        outside_option,
        code_option,
        click.option("-q", "--quiet", is_flag=True,
                     help="No progress; of a repair the verdict alone."),
        colour_option,
        json_option,
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def target_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument that names a target."""
    return click.argument("target", type=TARGET)(function)


def load(
    progress: Progress, options: dict[str, Any], *, only_validate: bool = False
) -> OpenedTarget:
    """Open the target of ``target_argument``."""
    return open_target(options["target"], opening(progress, options, only_validate=only_validate))


def opening(
    progress: Progress, options: dict[str, Any], *, only_validate: bool = False
) -> CaseOptions:
    """How the shared options have a target opened."""
    execution = Execution(
        runner=options["runner"],
        profile=Profile(options["profile"]),
        boards=open_boards(options["devices"], options["board"]),
        jobs=options["jobs"],
        progress=progress,
    )
    return CaseOptions(
        data_root=data_root(),
        seed=options["seed"],
        samples=options["samples"],
        execution=execution,
        allow_other_network=options["allow_other_network"],
        allow_outside=options["allow_outside"],
        allow_code=options["allow_code"],
        validation_samples=options.get("validation_samples"),
        only_validate=only_validate,
    )


def open_boards(addresses: Sequence[str], board: str | None) -> tuple[ConnectedBoard, ...]:
    """The boards at these addresses, each closed when the command ends.

    A board without an address is its emulated one, or the port that its USB id is found at.
    """
    if not addresses and board is not None:
        addresses = [_usual_address(board)]
    boards = tuple(ConnectedBoard(device_of(address, board)) for address in addresses)
    for opened in boards:
        click.get_current_context().call_on_close(opened.close)
    return boards


def _usual_address(name: str) -> str:
    board = load_board(name)
    if board.emulator is not None:
        return f"{EMULATED}{name}"
    if board.link.vid is None or board.link.pid is None:
        raise BadInputError(f"board {name} has no USB id: set its port with --device")
    addresses = [p.path for p in serial_ports() if p.usb == (board.link.vid, board.link.pid)]
    if len(addresses) == 1:
        return addresses[0]
    raise DeviceError(
        f"{len(addresses)} ports have the USB id {board.link.vid:04x}:{board.link.pid:04x} of "
        f"board {name}{': ' + ', '.join(addresses) if addresses else ''}; choose one with --device"
    )


def read_bytes(path: Path, kind: Kind = MODEL) -> bytes:
    """A file's bytes; raises BadInputError where it cannot be read or is too large of its kind."""
    return read_limited(path, kind)
