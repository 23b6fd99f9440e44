"""What ``mendlite emit`` and ``mendlite flash`` share: the files, their options, and the forms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mendlite.cli.as_json import json_option
from mendlite.cli.common import code_option, data_root, outside_option
from mendlite.cli.names import BOARD, TARGET
from mendlite.cli.repaired_file import repair_of
from mendlite.emit.c_array import c_header, c_source, symbol
from mendlite.emit.hex_file import intel_hex
from mendlite.emit.ota import smallest_delta
from mendlite.emit.uf2 import uf2
from mendlite.emit.update import update_file
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.reading.limited import is_there, shown
from mendlite.targets.board import Board, load_board
from mendlite.targets.load import load_target
from mendlite.targets.schema import Target
from mendlite.tflite.interface import interface_tensors
from mendlite.tflite.reader import read

FilePath = click.Path(path_type=Path)

DEFAULT_BOARD = "nrf52840"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A repaired file and the one it came from, for a board."""

    target: Target
    base: bytes
    data: bytes
    board: Board
    out: Path

    def read(self, data: bytes) -> Model:
        """One of the two files, parsed."""
        return read(data, self.target.signature)


def read_job(options: dict[str, Any]) -> Job:
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
    base, data = repair_of(target.models.int8.path, repaired, target.signature)
    board = load_board(options["board"])
    out = options["out"] or Path("build") / target.name / board.name
    return Job(target=target, base=base, data=data, board=board, out=out)


def shared_options(function: Any) -> Any:
    """The arguments and options of both commands."""
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


def files_of(job: Job, formats: list[str], name: str) -> dict[str, bytes]:
    """The requested forms of the repaired file, by file name."""
    stem, address = symbol(name), job.board.address
    files: dict[str, bytes] = {}
    if "cc" in formats:
        files[f"{stem}.h"] = c_header(name, list(interface_tensors(job.read(job.data))))
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
    if "update" in formats:
        place = job.board.address, job.board.page_size
        files[f"{stem}.update"] = update_file(job.base, job.data, *place)
        files[f"{stem}.rollback"] = update_file(job.data, job.base, *place)
    return files
