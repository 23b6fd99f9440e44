"""Solutions stored as they arrive, so that a run that was killed continues where it stopped."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from mendlite import __version__
from mendlite.errors import BadInputError, MendliteError
from mendlite.model.problem import RepairProblem, Solution, SolveStatus
from mendlite.reading.limited import MEGABYTE, is_there, kind_of_file, shown
from mendlite.solvers.base import Limits

TABLE = (
    "CREATE TABLE solutions "
    "(fingerprint TEXT PRIMARY KEY, said TEXT NOT NULL, delta BLOB, digest TEXT NOT NULL)"
)
WITHOUT_DIGESTS = (
    "CREATE TABLE solutions (fingerprint TEXT PRIMARY KEY, said TEXT NOT NULL, delta BLOB)"
)
"""The table of earlier versions: its rows cannot be distinguished from damaged ones."""

LARGEST = 1024 * MEGABYTE
"""Bytes of a ledger that is read."""

PATIENCE = 0.3
"""Seconds that a ledger may be busy."""


def fingerprint(problem: RepairProblem, backend: str, limits: Limits) -> str:
    """A digest of everything that a solution depends on."""
    digest = sha256(f"{__version__} {backend} {limits.seconds} {limits.nodes}".encode())
    for field in fields(problem):
        value = getattr(problem, field.name)
        if isinstance(value, np.ndarray):
            digest.update(f"{field.name} {value.dtype.str} {value.shape}".encode())
            digest.update(np.ascontiguousarray(value).tobytes())
        else:
            digest.update(f"{field.name} {value}".encode())
    return digest.hexdigest()


class Ledger:
    """A SQLite file of solutions by fingerprint. Each is on disk before the next is computed."""

    def __init__(self, path: Path, *, fresh: bool) -> None:
        """Open ``path``; ``fresh`` forgets what an earlier run left there.

        A file that is no ledger of this version is never changed: with ``fresh`` it is moved aside.
        Raises BadInputError where it is not such a ledger, MendliteError where another process
        uses it.
        """
        self.path = path
        _require_file(path)
        if is_there(path):
            statements = _tables(path)
            if statements == [WITHOUT_DIGESTS] or (fresh and statements not in ([], [TABLE])):
                _move_aside(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._file = _open(path)
            if fresh:
                self._file.execute("DELETE FROM solutions")
            self._file.commit()
        except sqlite3.OperationalError as error:
            raise MendliteError(f"{shown(path)}: {_busy(error)}") from error
        except sqlite3.DatabaseError as error:
            raise _no_ledger(path) from error

    def known(self, fingerprints: Sequence[str]) -> dict[str, Solution]:
        """The stored solutions by fingerprint; damaged rows count as missing.

        Raises BadInputError where the file itself is damaged.
        """
        solutions: dict[str, Solution] = {}
        query = "SELECT said, delta, digest FROM solutions WHERE fingerprint = ?"
        try:
            for key in fingerprints:
                row = self._file.execute(query, (key,)).fetchone()
                answer = None if row is None else _read(key, *row)
                if answer is not None:
                    solutions[key] = answer
        except sqlite3.Error as error:
            raise _no_ledger(self.path) from error
        return solutions

    def keep(self, key: str, solution: Solution) -> None:
        """Store one solution; the next run computes failures again."""
        if solution.status is SolveStatus.ERROR:
            return
        said = _said(solution)
        delta = None if solution.delta is None else solution.delta.astype("<i2").tobytes()
        row = (key, said, delta, row_digest(key, said, delta))
        try:
            self._file.execute("INSERT OR REPLACE INTO solutions VALUES (?, ?, ?, ?)", row)
            self._file.commit()
        except sqlite3.Error as error:
            raise MendliteError(f"{shown(self.path)}: cannot write: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def row_digest(key: str, said: str, delta: bytes | None) -> str:
    """What a row's ``digest`` must be: sha256 over its parts, each after its length."""
    parts = (key.encode(), said.encode(), b"-" if delta is None else b"+" + delta)
    return sha256(b"".join(len(p).to_bytes(8, "little") + p for p in parts)).hexdigest()


def _open(path: Path) -> sqlite3.Connection:
    """The ledger, its table made where the file is new; raises sqlite3.Error."""
    file = sqlite3.connect(path, timeout=PATIENCE)
    try:
        statements = _described(file)
        if not statements:
            file.execute(TABLE)
        elif statements != [TABLE]:
            # A view or a trigger in its place could compute for ever.
            raise sqlite3.DatabaseError("it holds other tables")
        # Whether another process is writing shows only here.
        file.execute("BEGIN IMMEDIATE")
        file.execute("PRAGMA busy_timeout = 10000")
    except sqlite3.Error:
        file.close()
        raise
    return file


def _described(file: sqlite3.Connection) -> list[str]:
    """The statements that made what a database holds."""
    file.execute("PRAGMA trusted_schema = OFF")
    rows = file.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    return [row[0] for row in rows]


def _tables(path: Path) -> list[str] | None:
    """As ``_described``, of a file; None for no database. Raises MendliteError where it is busy."""
    file = sqlite3.connect(path, timeout=PATIENCE)
    try:
        return _described(file)
    except sqlite3.OperationalError as error:
        raise MendliteError(f"{shown(path)}: {_busy(error)}") from error
    except sqlite3.DatabaseError:
        return None
    finally:
        file.close()


def _busy(error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return "another run uses this file of solutions: wait for it, or name another `folder`"
    return f"cannot open the file of solutions ({error})"


def _require_file(path: Path) -> None:
    """Raise BadInputError for what is no regular file, or too large a one."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    other = kind_of_file(status.st_mode)
    if other:
        raise BadInputError(f"{shown(path)} is {other}, no file of solutions: remove it")
    if status.st_size > LARGEST:
        raise BadInputError(f"{shown(path)} has {status.st_size} bytes: too many: remove it")


def _no_ledger(path: Path) -> BadInputError:
    return BadInputError(
        f"{shown(path)}: not a file of solutions, or a damaged one; leave out `resume` to begin "
        "again: it is renamed"
    )


def _move_aside(path: Path) -> None:
    """Rename a file to a name that is free."""
    number = 1
    while is_there(path.with_name(f"{path.name}.{number}.other")):
        number += 1
    try:
        os.link(path, path.with_name(f"{path.name}.{number}.other"))
        path.unlink()
    except OSError as error:
        raise MendliteError(f"{shown(path)}: cannot move it aside: {error.strerror}") from error


def _said(solution: Solution) -> str:
    said: dict[str, Any] = asdict(solution)
    said.pop("delta")
    said["status"] = solution.status.value
    return json.dumps(said)


def _read(key: str, said: Any, delta: Any, digest: Any) -> Solution | None:
    """The solution of a row; None where it is not what was written."""
    if not isinstance(said, str) or not isinstance(delta, bytes | None):
        return None
    if row_digest(key, said, delta) != digest:
        return None
    try:
        values = json.loads(said)
        values["status"] = SolveStatus(values["status"])
        numbers = None if delta is None else np.frombuffer(delta, "<i2").astype(np.int16)
        solution = Solution(delta=numbers, **values)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return solution if _plain(solution) else None


def _plain(solution: Solution) -> bool:
    """Whether the numbers of a solution are numbers, and its texts texts."""
    claims = (solution.objective, solution.bound, solution.violated, solution.penalty)
    numbers = (*claims, solution.gap, solution.seconds)
    if not all(isinstance(n, int | float) for n in numbers):
        return False
    if solution.delta is not None and any(math.isnan(n) for n in claims):
        return False
    return all(isinstance(t, str) for t in (solution.backend, solution.message, solution.proof))
