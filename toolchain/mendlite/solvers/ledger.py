"""Answers kept as they arrive, so that a run that was killed goes on where it stopped."""

from __future__ import annotations

import json
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
from mendlite.solvers.base import Limits

TABLE = (
    "CREATE TABLE IF NOT EXISTS solutions "
    "(fingerprint TEXT PRIMARY KEY, said TEXT NOT NULL, delta BLOB)"
)


def fingerprint(problem: RepairProblem, backend: str, limits: Limits) -> str:
    """A digest of everything that an answer depends on."""
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
    """A SQLite file of answers by fingerprint. Each is on the disk before the next is asked."""

    def __init__(self, path: Path, *, fresh: bool) -> None:
        """Open ``path``; ``fresh`` forgets what an earlier run left there.

        Raises BadInputError where the file is not such a ledger.
        """
        self.path = path
        if fresh:
            path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._file = sqlite3.connect(path)
            self._file.execute(TABLE)
            self._file.commit()
        except sqlite3.DatabaseError as error:
            raise BadInputError(
                f"{path}: not a file of solutions ({error}); leave out --resume to begin anew"
            ) from error

    def known(self, fingerprints: Sequence[str]) -> dict[str, Solution]:
        """The answers that are here, by fingerprint."""
        wanted = set(fingerprints)
        rows = self._file.execute("SELECT fingerprint, said, delta FROM solutions")
        return {key: _read(said, delta) for key, said, delta in rows if key in wanted}

    def keep(self, key: str, found: Solution) -> None:
        """Store one answer; failures are asked again by the next run."""
        if found.status is SolveStatus.ERROR:
            return
        delta = None if found.delta is None else found.delta.astype("<i2").tobytes()
        try:
            self._file.execute(
                "INSERT OR REPLACE INTO solutions VALUES (?, ?, ?)", (key, _said(found), delta)
            )
            self._file.commit()
        except sqlite3.Error as error:
            raise MendliteError(f"{self.path}: cannot write: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _said(found: Solution) -> str:
    said: dict[str, Any] = asdict(found)
    said.pop("delta")
    said["status"] = found.status.value
    return json.dumps(said)


def _read(said: str, delta: bytes | None) -> Solution:
    values = json.loads(said)
    values["status"] = SolveStatus(values["status"])
    numbers = None if delta is None else np.frombuffer(delta, "<i2").astype(np.int16)
    return Solution(delta=numbers, **values)
