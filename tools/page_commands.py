"""The commands of the documents' pages, run as a reader would run them.

A block that begins ``<!-- run in images -->`` is run in a copy of docs/examples/images, and blocks
of one page and folder one after the other; behind ``with litert-quantizer``, ``python`` is one that
has it. Lines that begin with ``$`` are commands, the others
what they print. ``python tools/page_commands.py PAGE ...`` prints what each command prints here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
BLOCK = re.compile(
    r"<!-- run in ([\w/]+)( with litert-quantizer)? -->\n+```console\n(.*?)^```",
    re.MULTILINE | re.DOTALL,
)
QUANTIZER = ROOT / "build" / "litert" / "bin" / "python"
"""The Python of tools/litert.sh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Commands of a page, the folder below docs/examples, and the lines shown as their output.

    ``quantizes``: they need litert-quantizer.
    """

    page: Path
    folder: str
    commands: tuple[str, ...]
    shown: tuple[str, ...]
    quantizes: bool = False


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that are run."""
    found = []
    for folder, quantizes, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        lines = text.replace("\\\n", " ").splitlines()
        commands = tuple(line[2:] for line in lines if line.startswith("$ "))
        shown = tuple(line for line in lines if line.strip() and not line.startswith("$ "))
        found.append(
            Block(
                page=page, folder=folder, commands=commands, shown=shown, quantizes=bool(quantizes)
            )
        )
    return found


def copy_of(folder: str, place: Path) -> Path:
    """A copy of an example in ``place``, made once."""
    there = place / folder.replace("/", "-")
    if not there.exists():
        shutil.copytree(EXAMPLES / folder, there, ignore=shutil.ignore_patterns("build", "__py*"))
    return there


def starters(block: Block, place: Path, quantizer: Path) -> Path:
    """A folder with the programs ``mendlite`` and ``python`` of a block."""
    programs = place / ("bin-quantizer" if block.quantizes else "bin")
    programs.mkdir(exist_ok=True)
    python = quantizer if block.quantizes else sys.executable
    for name, runs in (("mendlite", f'"{sys.executable}" -m mendlite'), ("python", f'"{python}"')):
        starter = programs / name
        starter.write_text(f'#!/bin/sh\nexec {runs} "$@"\n', encoding="ascii")
        starter.chmod(0o755)
    return programs


def run_block(block: Block, place: Path, quantizer: Path = QUANTIZER) -> str:
    """What the commands print; raises RuntimeError for one that does not exit with 0.

    ``quantizer`` is a Python with litert-quantizer.
    """
    folder, programs = copy_of(block.folder, place), starters(block, place, quantizer)
    paths = (str(programs), str(Path(sys.executable).parent), os.environ["PATH"])
    surroundings = os.environ | {
        "PATH": os.pathsep.join(paths), "PYTHONPATH": str(ROOT / "toolchain"), "COLUMNS": "100",
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    printed = []
    for command in block.commands:
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=surroundings, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{block.page.name}: {command}\n{done.stdout}")
        printed.append(done.stdout)
    return "".join(printed)


def missing(shown: Iterable[str], printed: str) -> Iterator[str]:
    """The lines of ``shown`` that ``printed`` lacks, whatever their figures are."""
    there = {masked(line) for line in printed.splitlines()}
    yield from (line for line in shown if line.strip() != "..." and masked(line) not in there)


def masked(line: str) -> str:
    """A line without its figures, versions and widths."""
    line = re.sub(r"cross-check: .* compute", "cross-check: A compute", line)
    line = re.sub(r"[━─]+", "─", re.sub(r"-?\d[\d.,e-]*", "N", line))
    return " ".join(line.split())


def main() -> None:
    """Print what the pages' commands print."""
    for page in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as place:
            for block in blocks(page):
                print(f"## {page} in {block.folder}")
                for command in block.commands:
                    print(f"$ {command}")
                print(run_block(block, Path(place)))


if __name__ == "__main__":
    main()
