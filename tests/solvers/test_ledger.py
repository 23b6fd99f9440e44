"""Answers that are kept in a ledger, and problems that are saved in files."""

import os
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from problems import LIMITS, UNDONE, drawn, nothing, problem

from mendlite.errors import BadInputError, MendliteError
from mendlite.model.problem import Objective, SolveStatus
from mendlite.solvers import process
from mendlite.solvers.base import Limits, answer
from mendlite.solvers.ledger import Ledger, fingerprint, row_digest
from mendlite.solvers.pool import SolverPool
from mendlite.solvers.problem_file import dumps_problem, load_problem


def test_what_is_in_the_ledger_is_not_asked_again(tmp_path, monkeypatch):
    asked = [replace(drawn(seed), neuron=seed) for seed in range(0, 12, 2)]
    ledger = Ledger(tmp_path / "s.sqlite", fresh=True)
    plan = SolverPool(backend="chain", limits=LIMITS, jobs=1, ledger=ledger)
    first = plan.solve(asked[:4], nothing)
    seen = []
    honest = process.SolverProcess.solve

    def spy(self, name, problem, limits):
        seen.append(problem.neuron)
        return honest(self, name, problem, limits)

    monkeypatch.setattr(process.SolverProcess, "solve", spy)
    told = []
    again = replace(plan, ledger=Ledger(tmp_path / "s.sqlite", fresh=False)).solve(
        asked, told.append
    )
    assert seen == [p.neuron for p in asked[4:]]
    assert told == [4, 5, 6]
    assert [a.delta.tolist() for a in again[:4]] == [a.delta.tolist() for a in first]
    assert [a.status for a in again[:4]] == [a.status for a in first]


def test_a_kept_answer_is_checked_like_a_new_one(tmp_path):
    ledger = Ledger(tmp_path / "s.sqlite", fresh=True)
    key = fingerprint(UNDONE, "chain", LIMITS)
    ledger.keep(key, replace(answer(UNDONE, "chain", np.array([0], np.int16)), violated=0,
                             status=SolveStatus.OPTIMAL))  # fmt: skip
    plan = SolverPool(backend="chain", limits=LIMITS, jobs=1, ledger=ledger)
    assert plan.solve([UNDONE], nothing)[0].status is SolveStatus.ERROR


def test_a_fingerprint_knows_every_part():
    base = problem([[1, 2]], [3, 4], [5], [6], row_weights=np.array([1]), target=np.array([2]))
    changed = [
        replace(base, bias=1), replace(base, neuron=3), replace(base, layer=2),
        replace(base, inputs=base.inputs + 1), replace(base, weights=base.weights + 1),
        replace(base, lower=base.lower - 1), replace(base, upper=base.upper + 1),
        replace(base, delta_min=base.delta_min - 1), replace(base, delta_max=base.delta_max + 1),
        replace(base, objective=Objective.L1), replace(base, row_weights=None),
        replace(base, target=None),
    ]  # fmt: skip
    prints = {fingerprint(p, "chain", LIMITS) for p in (base, *changed)}
    prints |= {fingerprint(base, "highs", LIMITS), fingerprint(base, "chain", Limits(seconds=1))}
    assert len(prints) == len(changed) + 3


def test_a_ledger_that_is_none(tmp_path):
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(BadInputError, match="not a file of solutions"):
        Ledger(path, fresh=False)
    Ledger(path, fresh=True).close()


def test_a_ledger_that_cannot_be_written(tmp_path):
    ledger = Ledger(tmp_path / "s.sqlite", fresh=True)
    ledger.close()
    ledger._file = sqlite3.connect(f"file:{tmp_path / 's.sqlite'}?mode=ro", uri=True)
    found = answer(UNDONE, "chain", np.array([2], np.int16))
    with pytest.raises(MendliteError, match=r"s\.sqlite: cannot write"):
        ledger.keep("key", found)


def kept(path):
    ledger = Ledger(path, fresh=True)
    key = fingerprint(UNDONE, "chain", LIMITS)
    ledger.keep(key, answer(UNDONE, "chain", np.array([2], np.int16)))
    ledger.close()
    return key


SPOILED = {
    "text": "UPDATE solutions SET said = replace(said, '\"seconds\": 0.0', '\"seconds\": 9.0')",
    "no text": "UPDATE solutions SET said = 7",
    "no json": "UPDATE solutions SET said = 'x'",
    "numbers": "UPDATE solutions SET delta = x'0300'",
    "half a number": "UPDATE solutions SET delta = x'02'",
    "no delta": "UPDATE solutions SET delta = NULL",
    "digest": "UPDATE solutions SET digest = ''",
}


@pytest.mark.parametrize("change", SPOILED)
def test_a_bad_row_is_asked_anew(tmp_path, change):
    key = kept(tmp_path / "s.sqlite")
    with sqlite3.connect(tmp_path / "s.sqlite") as file:
        file.execute(SPOILED[change])
    file.close()
    ledger = Ledger(tmp_path / "s.sqlite", fresh=False)
    assert ledger.known([key]) == {}
    plan = SolverPool(backend="chain", limits=LIMITS, jobs=1, ledger=ledger)
    found = plan.solve([UNDONE], nothing)[0]
    assert found.solved
    assert ledger.known([key])[key].delta.tolist() == found.delta.tolist()


@pytest.mark.parametrize(
    "said",
    [
        '{"status": "optimal"}',
        "[]",
        '{"status": "optimal", "objective": "x", "bound": 0, "gap": 0, "violated": 0, "seconds": 0, "backend": "chain"}',
        '{"status": "optimal", "objective": NaN, "bound": 0, "gap": 0, "violated": 0, "seconds": 0, "backend": "chain"}',
        "[" * 100000,
    ],
)
def test_a_row_that_was_sealed_anew_is_not_taken_for_an_answer(tmp_path, said):
    key, delta = kept(tmp_path / "s.sqlite"), b"\2\0"
    with sqlite3.connect(tmp_path / "s.sqlite") as file:
        file.execute(
            "UPDATE solutions SET said = ?, delta = ?, digest = ?",
            (said, delta, row_digest(key, said, delta)),
        )
    file.close()
    assert Ledger(tmp_path / "s.sqlite", fresh=False).known([key]) == {}


@pytest.mark.parametrize("fresh", [True, False])
def test_a_busy_ledger_stays(tmp_path, fresh):
    key = kept(tmp_path / "s.sqlite")
    other = sqlite3.connect(tmp_path / "s.sqlite")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(MendliteError, match="another run uses this file"):
        Ledger(tmp_path / "s.sqlite", fresh=fresh)
    other.close()
    assert key in Ledger(tmp_path / "s.sqlite", fresh=False).known([key])


def test_fresh_forgets_without_unlinking(tmp_path):
    key = kept(tmp_path / "s.sqlite")
    before = (tmp_path / "s.sqlite").stat().st_ino
    assert Ledger(tmp_path / "s.sqlite", fresh=True).known([key]) == {}
    assert (tmp_path / "s.sqlite").stat().st_ino == before


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (x)",
        (
            "CREATE VIEW solutions AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) "
            "SELECT x AS fingerprint, x AS said, x AS delta, x AS digest FROM c"
        ),
    ],
)
def test_a_database_of_somebody_else_is_moved_aside_and_never_changed(tmp_path, statement):
    path = tmp_path / "s.sqlite"
    with sqlite3.connect(path) as file:
        file.execute(statement)
    file.close()
    before = path.read_bytes()
    with pytest.raises(BadInputError, match="not a file of solutions"):
        Ledger(path, fresh=False)
    assert path.read_bytes() == before
    Ledger(path, fresh=True).close()
    assert (tmp_path / "s.sqlite.1.other").read_bytes() == before


@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_a_ledger_is_a_regular_file(tmp_path, kind):
    path = tmp_path / "s.sqlite"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        kept(tmp_path / "else.sqlite")
        path.symlink_to("else.sqlite")
    else:
        path.mkdir()
    for fresh in (True, False):
        with pytest.raises(BadInputError, match=f"is a {kind}"):
            Ledger(path, fresh=fresh)


@pytest.mark.data
def test_a_ledger_without_digests_is_kept_beside_and_asked_anew(tmp_path):
    cases = Path(os.environ["MENDLITE_DATA"]).parent / "cases" / "hostile"
    path = tmp_path / "solutions.sqlite"
    shutil.copyfile(cases / "13-ledger" / "solutions.sqlite", path)
    before = path.read_bytes()
    assert Ledger(path, fresh=False).known(["x"]) == {}
    assert (tmp_path / "solutions.sqlite.1.other").read_bytes() == before


def test_a_saved_problem_comes_back(tmp_path):
    for seed in range(10):
        asked = drawn(seed)
        path = tmp_path / f"{seed}.npz"
        path.write_bytes(dumps_problem(asked))
        found = load_problem(path)
        assert fingerprint(found, "chain", LIMITS) == fingerprint(asked, "chain", LIMITS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weights": np.array([1.5])}, "weights is not an array of integers"),
        ({"weights": np.array([70000])}, "weights leaves the range of int16"),
        ({"lower": np.array([1, 2])}, "lower has not 1 entries"),
        ({"delta_min": np.array([9])}, "an empty box"),
        ({"schema": np.int64(9)}, "schema 9, this version reads 1"),
        ({"objective": np.array("speed")}, "'speed' is not a valid Objective"),
        ({"row_weights": np.array([-1])}, "a negative row weight"),
        ({"objective": np.array("squared_error")}, "squared_error without a target"),
        ({"bias": None}, "it has no 'bias'"),
    ],
)
def test_a_broken_problem_is_one_line(tmp_path, change, words):
    path = tmp_path / "p.npz"
    path.write_bytes(dumps_problem(UNDONE))
    with np.load(path) as file:
        values = dict(file) | change
    np.savez(path, **{name: value for name, value in values.items() if value is not None})
    with pytest.raises(BadInputError, match=words):
        load_problem(path)


@pytest.mark.parametrize("data", [b"", b"junk", dumps_problem(UNDONE)[:200]])
def test_a_file_that_is_no_problem(tmp_path, data):
    path = tmp_path / "p.npz"
    path.write_bytes(data)
    with pytest.raises(BadInputError, match=r"p\.npz: not a readable .npz file"):
        load_problem(path)
