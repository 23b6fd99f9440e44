"""A command forked from a ready process is what a new interpreter runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ready_commands
from as_a_user import DIGITS

INT8 = str(DIGITS / "int8.tflite")
PATHS = os.pathsep.join([ready_commands.PATH["PYTHONPATH"], "elsewhere"])
ENVIRONMENT = os.environ | ready_commands.PATH | {"MENDLITE_DATA": "", "COLUMNS": "90"}


def started(words, cwd):
    """The same in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mendlite", *words], cwd=cwd, env=ENVIRONMENT, check=False,
        capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["diff", INT8, INT8], ["diff", INT8, "there-is-none.tflite"], ["diff", "--oh"],
        ["repair", "--help"], ["targets", "--json"], ["boards"], ["nothing-like-it"], [],
    ],
    ids=lambda words: " ".join(words[-2:]).rpartition("/")[2] or "no words",
)  # fmt: skip
def test_it_ends_and_prints_alike(words, tmp_path):
    ready = ready_commands.run(words, environment=ENVIRONMENT, cwd=tmp_path)
    new = started(words, tmp_path)
    assert (ready.returncode, ready.stdout, ready.stderr) == (
        new.returncode, new.stdout, new.stderr
    )  # fmt: skip
    assert new.stdout + new.stderr


def test_it_reads_its_own_environment_and_folder(tmp_path):
    (tmp_path / "here.tflite").write_bytes(Path(INT8).read_bytes())
    words = ["diff", "here.tflite", INT8]
    assert ready_commands.run(words, environment=ENVIRONMENT, cwd=tmp_path).returncode == 0
    unset, empty = (
        ready_commands.run(["targets"], environment=ENVIRONMENT | {"MENDLITE_DATA": folder}).stdout
        for folder in ("", str(tmp_path))
    )
    assert unset != empty


def test_what_an_interpreter_reads_as_it_starts_has_one_of_its_own():
    server = ready_commands.server("boards")
    served = []
    server.run = lambda *request: served.append(request)
    try:
        for name, value in (
            ("PYTHONWARNINGS", "error"), ("OPENBLAS_CORETYPE", "Haswell"), ("PYTHONPATH", PATHS)
        ):  # fmt: skip
            done = ready_commands.run(["boards"], environment=ENVIRONMENT | {name: value})
            assert done.returncode == 0
        assert not served
        ready_commands.run(["boards"], environment=ENVIRONMENT)
        assert len(served) == 1
    finally:
        del server.run


def test_a_process_that_ended_is_started_again(tmp_path):
    before = ready_commands.server("boards")
    before.end()
    done = ready_commands.run(["boards"], environment=ENVIRONMENT, cwd=tmp_path)
    assert done.returncode == 0
    assert ready_commands.server("boards") is not before
