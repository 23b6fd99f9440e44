"""``mendlite emit`` and ``mendlite flash``."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mendlite.cli.as_json import json_option, print_json
from mendlite.cli.c_harness import FORMAT as HARNESS
from mendlite.cli.c_harness import harness, harness_options, require_read
from mendlite.cli.common import code_option, data_root, outside_option, read_bytes
from mendlite.cli.names import BOARD, TARGET
from mendlite.cli.repaired_file import repair_of
from mendlite.emit.c_array import c_header, c_source, symbol
from mendlite.emit.changes import Changes, changes
from mendlite.emit.firmware import Firmware, with_model
from mendlite.emit.hex_file import intel_hex
from mendlite.emit.manifest import manifest
from mendlite.emit.ota import delta_lacks, smallest_delta
from mendlite.emit.uf2 import uf2
from mendlite.errors import BadInputError, DeviceError
from mendlite.files import write_emitted
from mendlite.model.places import fill
from mendlite.reading.limited import FIRMWARE, is_there, shown
from mendlite.reading.names import unknown
from mendlite.report.interface import interface_lines
from mendlite.targets.board import Board, load_board, named_boards
from mendlite.targets.load import load_target
from mendlite.targets.schema import Target
from mendlite.tflite.interface import interface_changes, interface_tensors
from mendlite.tflite.reader import read

USUAL = ("cc", "bin", "hex", "uf2", "delta", "manifest")
FORMATS = (*USUAL, HARNESS)
FilePath = click.Path(path_type=Path)

DEFAULT_BOARD = "nrf52840"

SHOWN = ("name", "description", "address", "page_size", "profile", "in_place")
"""Fields of a board that the list of boards has in JSON."""

STDERR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A repaired file and the one it came from, for a board."""

    target: Target
    base: bytes
    data: bytes
    board: Board
    out: Path


def _job(options: dict[str, Any]) -> Job:
    """Read both files; raises where one is missing or the second is no repair of the first."""
    target = load_target(
        options["target"], data_root=data_root(), allow_outside=options["allow_outside"]
    )
    repaired = options["model"] or Path("build") / target.name / "repaired.tflite"
    if not is_there(repaired):
        raise BadInputError(
            f"{shown(repaired)}: no such file; run 'mendlite repair {options['target']}' first, or "
            "name another with --model"
        )
    base, data = repair_of(target.models.int8.path, repaired)
    board = load_board(options["board"])
    out = options["out"] or Path("build") / target.name / board.name
    return Job(target=target, base=base, data=data, board=board, out=out)


def _shared(function: Any) -> Any:
    options = [
        click.argument("target", type=TARGET),
        click.option("--model", type=FilePath, default=None,
                     help="The repaired file.  [default: build/TARGET/repaired.tflite]"),
        click.option("--board", type=BOARD, default=DEFAULT_BOARD, show_default=True,
                     help="A board's name (see 'mendlite boards') or its .toml."),
        click.option("--out", type=FilePath, default=None,
                     help="Folder of the files.  [default: build/TARGET/BOARD]"),
        outside_option,
        code_option,
        json_option,
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def _files(job: Job, formats: list[str], name: str) -> dict[str, bytes]:
    """The requested forms of the repaired file, by file name."""
    stem, address = symbol(name), job.board.address
    files: dict[str, bytes] = {}
    if "cc" in formats:
        files[f"{stem}.h"] = c_header(name, list(interface_tensors(read(job.data))))
        files[f"{stem}.cc"] = c_source(name, job.data, f"{stem}.h")
    if "bin" in formats:
        files[f"{stem}.bin"] = job.data
    if "hex" in formats:
        files[f"{stem}.hex"] = intel_hex(job.data, address)
    if "uf2" in formats:
        if job.board.uf2_family is None:
            raise BadInputError(f"board {job.board.name} has no uf2_family: no UF2 is written")
        files[f"{stem}.uf2"] = uf2(job.data, address, job.board.uf2_family)
    if "delta" in formats:
        files[f"{stem}.patch"] = smallest_delta(job.base, job.data).data
    return files


def _usual(job: Job) -> list[str]:
    """What is written where no format is named: all that the board takes and that can be made."""
    left = {"uf2"} if job.board.uf2_family is None else set()
    if lack := delta_lacks():
        click.echo(f"note: {lack}", err=True)
        left.add("delta")
    return [word for word in USUAL if word not in left]


def _chosen(job: Job, text: str | None) -> list[str]:
    """The requested formats."""
    if text is None:
        return _usual(job)
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    if not chosen:
        raise BadInputError(f"--formats names none; there are: {', '.join(FORMATS)}")
    for word in chosen:
        if word not in FORMATS:
            raise BadInputError(unknown("format", word, FORMATS))
    return chosen


@click.command()
@_shared
@click.option("--formats", "--format", default=None, metavar="A,B,...",
              help=f"Of {', '.join(FORMATS)}.  [default: all that the board supports, "
              f"without {HARNESS}]")  # fmt: skip
@click.option("--name", default="g_model", show_default=True, help="The C array's name.")
@click.option("--firmware", type=FilePath, default=None,
              help="An image with the int8 file in it: write it repaired.")  # fmt: skip
@click.option("--offset", type=click.IntRange(0), default=None,
              help="Where the int8 file lies in it.  [default: where it is found]")  # fmt: skip
@harness_options
def emit(**options: Any) -> None:
    """Write TARGET's repaired file as C array, binary, Intel HEX, UF2, OTA delta and manifest.

    Or, as c-harness, the network as integer C for CBMC and ESBMC.
    """
    job = _job(options)
    formats = _chosen(job, options["formats"])
    require_read(options, formats)
    files = _files(job, formats, options["name"])
    words = [f"note: {note}" for note in read(job.data).notes]
    interface = interface_changes(read(job.base), read(job.data))
    words += interface_lines(interface)
    if HARNESS in formats:
        source, claim = harness(job.target, job.data, options)
        files[f"{symbol(options['name'])}_harness.c"] = source
        words.append(f"{HARNESS}: {claim}")
    if options["firmware"] is not None:
        firmware = read_bytes(options["firmware"], FIRMWARE)
        image = with_model(firmware, job.base, job.data, options["offset"])
        if f"firmware{image.suffix}" in files:
            raise BadInputError(
                "the array and the image would both be firmware.bin: another --name"
            )
        files[f"firmware{image.suffix}"] = image.data
        words.append(_sealed(image))
    changed = changes(job.base, job.data, job.board.address, job.board.page_size)
    if "manifest" in formats:
        files["manifest.json"] = manifest(
            base=job.base,
            data=job.data,
            changes=changed,
            board=job.board.name,
            files=files,
            interface=(list(interface_tensors(read(job.data))), interface),
        )
    write_emitted(job.out, files)
    if options["as_json"]:
        print_json(_as_plain(job, changed, files, words))
        return
    click.echo(
        f"{job.target.name}: {changed.bytes_changed} bytes in {len(changed.ranges)} ranges, "
        f"{len(changed.pages)} flash pages of {job.board.page_size} on {job.board.name}"
    )
    for name, content in files.items():
        click.echo(f"wrote {job.out / name} ({len(content)} bytes)")
    for line in words:
        click.echo(line)


def _as_plain(
    job: Job, changed: Changes, files: dict[str, bytes], notes: list[str]
) -> dict[str, Any]:
    """What was written, as plain values."""
    return {
        "target": job.target.name,
        "board": job.board.name,
        "bytes_changed": changed.bytes_changed,
        "ranges": len(changed.ranges),
        "pages": len(changed.pages),
        "page_size": job.board.page_size,
        "files": [{"file": str(job.out / n), "bytes": len(data)} for n, data in files.items()],
        "notes": notes,
    }


def _sealed(image: Firmware) -> str:
    """What became of the checksums over the model."""
    place = f"firmware{image.suffix}: the model at offset {image.offset:#x}"
    if image.sealed:
        return f"{place}; computed again: {'; '.join(image.sealed)}"
    return (
        f"{place}; no checksum or hash over it was recognized: if the boot loader checks one, "
        "build the firmware with the emitted array instead"
    )


@click.command()
@_shared
@click.option("--port", default="", help="The board's serial port, where its tool needs one.")
@click.option("--dry-run", is_flag=True, help="Show the command and run nothing.")
def flash(**options: Any) -> None:
    """Flash TARGET's repaired file with the board's own tool."""
    job = _job(options)
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
    wanted = [kind for kind in ("bin", "hex", "uf2") if _names(job.board, kind)]
    write_emitted(job.out, _files(job, wanted, "g_model"))
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
    for line in interface_lines(interface_changes(read(job.base), read(job.data))):
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
    places = {kind: str(job.out / f"g_model.{kind}") for kind in ("bin", "hex", "uf2")}
    places |= {"address": f"{board.address:#x}", "port": port}
    return [fill(word, places) for word in board.flash]


@click.command()
@json_option
def boards(*, as_json: bool) -> None:
    """List the boards that have a name."""
    listed = [load_board(name) for name, _path in named_boards()]
    if as_json:
        print_json([{k: getattr(b, k) for k in SHOWN} for b in listed])
        return
    for board in listed:
        sys.stdout.write(f"{board.name:12} {board.description}\n")
