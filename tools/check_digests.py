"""Check that repairs produce the recorded bytes, row by row of tests/repaired_digests.tsv.

Usage: python tools/check_digests.py [--marked fast] [--targets digits,mlperf_kws] [--missing]
       [--jobs 2] [--tree ../another/checkout] [--write]

Each row is one run of ``mendlite repair`` in a process of its own. The tool prints a line a row,
and exits with 1 if an exit code or the SHA-256 of ``repaired.tflite`` differs from the recorded
one. --write records the results instead. --tree runs the code of another checkout on the same rows:
this is how the digests of a commit that is known to be right are recorded. A new row has "?" as
exit code and digest until --missing --write replaces them.

A row's columns, separated by tabs ("-": empty):

- target: a folder of targets/models, or ``small:NAME`` for a target of tests/small_targets.py;
- edits: changes of its target.toml, ``key=value`` with the value in JSON; without value the key is
  removed;
- options: of ``mendlite repair``; every run also has those of ``ALWAYS``;
- mark: ``fast`` if ``make test`` runs the row;
- exit and sha256: the expected exit code and digest.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import astuple, dataclass, replace
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "tests" / "repaired_digests.tsv"

ALWAYS = ("--keep-worse", "--quiet", "--jobs", "1")
"""Options of every run. With --keep-worse a repair that is worse on the held-out samples is
written, too: its bytes depend on the code as much as those of a better one."""

MISSING = "?"
"""Exit code and digest of a row that was never run."""

SMALL = "small:"
"""Prefix of the targets that tests/small_targets.py writes."""

WRITE_SMALL = """
import sys
from pathlib import Path
from small_targets import CASES, write_target, write_worse_target
name, folder = sys.argv[1], Path(sys.argv[2])
if name == "worse":
    write_worse_target(folder)
else:
    write_target(folder, *CASES[name])
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, in the order of its columns."""

    target: str
    edits: str
    options: str
    mark: str
    exit: str
    sha256: str

    @property
    def needs_data(self) -> bool:
        """Whether the target reads files below MENDLITE_DATA."""
        return self.target != "digits" and not self.target.startswith(SMALL)

    @property
    def name(self) -> str:
        """Target, edits and options: unique in the table."""
        return " ".join(x for x in (self.target, self.edits, self.options) if x != "-")

    @property
    def result(self) -> str:
        """The exit code and the digest."""
        return f"exit {self.exit} {self.sha256}"


def read_table(path: Path = TABLE) -> tuple[str, list[Row]]:
    """The comment at the head of the table, and its rows."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    comment = [line for line in lines if line.startswith("#")]
    rows = [Row(*line.rstrip("\n").split("\t")) for line in lines[len(comment) :]]
    return "".join(comment), rows


def write_table(path: Path, comment: str, rows: Iterable[Row]) -> None:
    """Write the table, the inverse of :func:`read_table`."""
    lines = ["\t".join(astuple(row)) + "\n" for row in rows]
    path.write_text(comment + "".join(lines), encoding="utf-8")


def to_toml(value: Any) -> str:
    """A value of a target.toml as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {to_toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def edit(table: dict[str, Any], edits: str) -> None:
    """Apply a row's ``edits`` to the table of a target.toml, in place."""
    for word in [] if edits == "-" else shlex.split(edits, posix=False):
        path, _, value = word.partition("=")
        *above, key = path.split(".")
        inner = table
        for name in above:
            inner = inner.setdefault(name, {})
        if value:
            inner[key] = json.loads(value)
        else:
            del inner[key]


def write_target(row: Row, folder: Path, tree: Path, env: dict[str, str]) -> Path:
    """A copy of the row's target in ``folder``, edited; its target.toml."""
    if row.target.startswith(SMALL):
        folder.mkdir()
        name = row.target.removeprefix(SMALL)
        command = [sys.executable, "-c", WRITE_SMALL, name, str(folder)]
        subprocess.run(command, env=env, check=True)
    else:
        shutil.copytree(tree / "targets" / "models" / row.target, folder)
    file = folder / "target.toml"
    table = msgspec.toml.decode(file.read_bytes(), type=dict[str, Any])
    edit(table, row.edits)
    lines = [f"{key} = {to_toml(value)}\n" for key, value in table.items()]
    file.write_text("".join(lines), encoding="utf-8")
    return file


def environment(tree: Path) -> dict[str, str]:
    """The child's environment: the tree's code; one BLAS thread, as runs are parallel already."""
    path = os.pathsep.join(str(tree / name) for name in ("toolchain", "tests"))
    return os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def measure(row: Row, tree: Path = ROOT) -> Row:
    """The row with the exit code and the digest of a run of the code in ``tree``.

    If the run writes no ``repaired.tflite``, the last line that it prints replaces the digest.
    """
    env = environment(tree)
    with tempfile.TemporaryDirectory() as folder:
        target = write_target(row, Path(folder) / "target", tree, env)
        options = [] if row.options == "-" else shlex.split(row.options)
        out = Path(folder) / "out"
        command = [sys.executable, "-W", "ignore", "-m", "mendlite", "repair", str(target)]
        done = subprocess.run(
            [*command, *options, *ALWAYS, "--out", str(out)],
            env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        file = out / "repaired.tflite"
        if file.exists():
            digest = sha256(file.read_bytes()).hexdigest()
        else:
            digest = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1]
    return replace(row, exit=str(done.returncode), sha256=digest)


def timed(row: Row, tree: Path) -> tuple[Row, float]:
    """The row with the result of a run, and the run's wall-clock seconds."""
    start = perf_counter()
    return measure(row, tree), perf_counter() - start


def show(row: Row, now: Row, seconds: float) -> None:
    """Print a line for a row, and both results if they differ."""
    state = "new" if row.sha256 == MISSING else "same" if now == row else "DIFFERS"
    print(f"{state:8} {seconds:6.1f} s  {row.name}")
    if state == "DIFFERS":
        print(f"         recorded {row.result}\n         now      {now.result}")
    sys.stdout.flush()


def main() -> int:
    """Run the chosen rows; 1 if one differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--marked", help="only the rows with this mark")
    parser.add_argument("--targets", help="only the rows of these targets, with commas")
    parser.add_argument("--missing", action="store_true", help="only the rows without a digest")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the checkout whose code is run")
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--write", action="store_true", help="record the results")
    given = parser.parse_args()
    comment, rows = read_table(given.table)
    targets = None if given.targets is None else given.targets.split(",")
    chosen = [
        row for row in rows
        if given.marked in (None, row.mark) and (targets is None or row.target in targets)
        and (row.sha256 == MISSING or not given.missing)
    ]  # fmt: skip
    if not chosen:
        parser.error("no row is chosen")
    if any(row.needs_data for row in chosen) and not os.environ.get("MENDLITE_DATA"):
        parser.error("MENDLITE_DATA is not set, and the chosen rows need the real models")
    with ThreadPoolExecutor(given.jobs) as pool:
        measured: dict[Row, Row] = {}
        runs = {pool.submit(timed, row, given.tree.resolve()): row for row in chosen}
        for run in as_completed(runs):
            row, (now, seconds) = runs[run], run.result()
            show(row, now, seconds)
            measured[row] = now
            if given.write:
                write_table(given.table, comment, [measured.get(x, x) for x in rows])
    different = sum(now != row for row, now in measured.items())
    print(f"{len(chosen)} rows, {different} {'written' if given.write else 'differ'}")
    return 0 if given.write or not different else 1


if __name__ == "__main__":
    sys.exit(main())
