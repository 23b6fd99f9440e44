"""The check of one file, in a process of its own: its record as a line of JSON.

A second line with the speeds follows; where it is missing, the record stands without them.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import replace
from pathlib import Path

from corpus_check.compare import compared, opens
from corpus_check.model_files import model_bytes
from corpus_check.record import Comparison, FileRecord, Outcome
from corpus_check.speed import speeds
from mendlite.errors import MendliteError
from mendlite.model.graph import Model
from mendlite.replay.reference.execute import prepare
from mendlite.replay.runtimes import Runtime, installed
from mendlite.tflite.reader import read

COMPARED = ("litert", "tflm")
"""The runtimes, where they are installed."""

MEMORY = 6 * 2**30
"""Bytes of addresses that this process may take."""


def check(path: Path, name: str, samples: int, seed: int) -> tuple[FileRecord, Model | None]:
    """The record of a file without speeds, and its model where it is read."""
    runtimes = [runtime for runtime in installed() if runtime.name in COMPARED]
    size = path.stat().st_size
    try:
        data = model_bytes(path)
    except MendliteError as error:
        return FileRecord(name=name, size=size, unread=_words(error, path), interpreted={}), None
    try:
        model = read(data)
    except MendliteError as error:
        said = _words(error, path)
        unread = tuple(_unread(data, runtime, said) for runtime in runtimes)
        record = FileRecord(
            name=name, size=len(data), unread=said, interpreted={}, comparisons=unread
        )
        return record, None
    if model.keeps_frames:
        # The samples are the frames of one recording.
        model = replace(model, frames=samples)
    own, others = _kernels(model, runtimes)
    comparisons = tuple(compared(model, runtime, samples, seed) for runtime in runtimes)
    return FileRecord(
        name=name, size=len(data), own=own, interpreted=others, comparisons=comparisons
    ), model


def _unread(data: bytes, runtime: Runtime, said: str) -> Comparison:
    outcome = Outcome.REFUSED if opens(data, runtime) else Outcome.LACKING
    return Comparison(runtime=runtime.name, outcome=outcome, reason=said)


def _kernels(model: Model, runtimes: list[Runtime]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Operators on mendlite's kernels, and the others with the runtimes that run them."""
    own = {operator.op for operator in model.operators}
    others: dict[str, set[str]] = {}
    for runtime in runtimes:
        try:
            program = prepare(model, runtime.profile)
            for index in program.prepared.interpreted:
                ran = program.interpreted(index).runtime
                others.setdefault(model.operators[index].op, set()).add(ran.name)
        except MendliteError:
            continue
    named = {op: ", ".join(sorted(names)) for op, names in sorted(others.items())}
    return tuple(sorted(own - set(named))), named


def _words(error: MendliteError, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def main() -> None:
    """Check the file of the arguments: path, name, samples, seed, and whether it is timed."""
    path, name, samples, seed, timed = sys.argv[1:]
    _bound()
    record, model = check(Path(path), name, int(samples), int(seed))
    print(json.dumps(record.to_json()), flush=True)
    runtime = next((r for r in installed() if r.name == "litert"), None)
    exact = any(c.outcome is Outcome.EXACT for c in record.comparisons)
    if timed == "timed" and model is not None and runtime is not None and exact:
        record = replace(record, speeds=speeds(model, runtime, int(seed)))
        print(json.dumps(record.to_json()), flush=True)


if __name__ == "__main__":
    main()
