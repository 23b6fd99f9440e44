"""Every command as a user runs it: in a process of its own, with exit codes and one-line errors."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import distributed
import numpy as np
import pytest

import ready_commands
from as_a_user import without_work
from in_process import run
from mendlite import __version__
from mendlite.cli import COMMANDS, SUMMARIES

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "targets" / "models" / "digits"


def mendlite(*arguments, cwd=None, data="", ok=0):
    env = os.environ | {
        "MENDLITE_DATA": data,
        "PYTHONPATH": str(ROOT / "toolchain"),
        "COLUMNS": "200",
    }
    done = ready_commands.run(arguments, environment=env, cwd=cwd)
    assert done.returncode == ok, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if ok:
        # Before the work a repair prints its diagnosis there.
        last = done.stderr.splitlines()[-1]
        assert last.startswith(("mendlite: error: ", '{"error": '))
    return done


@pytest.fixture(scope="module")
def repaired(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repaired")
    done = mendlite("repair", "digits", "--out", folder, "--verbose")
    return folder, done.stdout


def test_repair_writes_its_files_and_a_table(repaired):
    folder, text = repaired
    assert sorted(p.name for p in folder.iterdir()) == [
        "certificate.json",
        "curve.png",
        "delta.json",
        "details.json",
        "repaired.tflite",
        "report.html",
        "report.json",
    ]
    report = json.loads((folder / "report.json").read_text())
    found = report["validation"]
    assert str(found["int8"]["failing"]) in text
    assert "held-out validation samples" in text
    assert "seed 0, kernels reference (tflm)" in text
    assert report["versions"]["mendlite"] == __version__
    assert (folder / "repaired.tflite").stat().st_size == (DIGITS / "int8.tflite").stat().st_size


def test_json_alone_on_stdout(tmp_path):
    done = mendlite("repair", "digits", "--out", tmp_path, "--json", "--strategy", "bias")
    assert json.loads(done.stdout) == json.loads((tmp_path / "report.json").read_text())
    assert without_work(done.stderr) == ""


def test_the_default_folder_is_build(tmp_path):
    mendlite("repair", "digits", "--strategy", "bias", cwd=tmp_path)
    assert (tmp_path / "build" / "digits" / "repaired.tflite").is_file()


def test_diff_apply_and_revert(repaired, tmp_path):
    folder, _ = repaired
    base, patched = DIGITS / "int8.tflite", folder / "repaired.tflite"
    text = mendlite("diff", base, patched, "--out", tmp_path / "d.npz", "--limit", 2).stdout
    assert "edited values" in text
    assert "--limit 0 lists all" in text
    rows = json.loads(mendlite("diff", base, patched, "--json").stdout)
    assert set(rows[0]) == {"tensor", "name", "field", "index", "channel", "old", "new"}
    for delta in (folder / "delta.json", tmp_path / "d.npz"):
        mendlite("apply", base, delta, "--out", tmp_path / "new.tflite")
        assert (tmp_path / "new.tflite").read_bytes() == patched.read_bytes()
        mendlite("revert", patched, delta, "--out", tmp_path / "old.tflite")
        assert (tmp_path / "old.tflite").read_bytes() == base.read_bytes()
    wrong = mendlite("apply", patched, folder / "delta.json", "--out", tmp_path / "x", ok=2)
    assert "pass the file that the delta was made from" in wrong.stderr
    assert not (tmp_path / "x").exists()
    assert "0 edited values" in mendlite("diff", base, base).stdout


def test_analyze_and_validate(repaired, tmp_path):
    folder, _ = repaired
    found = json.loads(mendlite("analyze", "digits", "--json", "--samples", 100, "--top", 2).stdout)
    assert found["samples"] == 100
    assert len(found["layers"]) == 5
    assert "SQNR dB" in mendlite("analyze", "digits", "--samples", 50).stdout
    model = folder / "repaired.tflite"
    report = json.loads((folder / "report.json").read_text())
    again = json.loads(mendlite("validate", "digits", "--model", model, "--json").stdout)
    assert {key: again[key] for key in report["validation"]} == report["validation"]
    text = mendlite("validate", "digits", "--runner", "tflm", "--model", model, "--gate").stdout
    assert "kernels tflite-micro" in text
    failed = mendlite("validate", "digits", "--gate", cwd=tmp_path, ok=4)
    assert "max_accuracy_drop" in failed.stderr


def test_the_gate_fails_after_the_files_are_written(tmp_path):
    failed = mendlite("repair", "digits", "--strategy", "bias", "--gate", "--out", tmp_path, ok=4)
    assert "accuracy is" in failed.stderr
    assert (tmp_path / "report.json").is_file()


def test_nothing_solved_is_exit_code_3(tmp_path):
    failed = mendlite(
        "repair", "digits", "--strategy", "qnnrepair", "--passing", "hard", "--neurons", 1,
        "--backend", "highs", "--solver-seconds", 0.0001, "--layers", "3", "--out", tmp_path, ok=3,
    )  # fmt: skip
    assert "could be solved" in failed.stderr


def test_solvers_says_what_is_here_and_what_each_can_do():
    rows = {row["name"]: row for row in json.loads(mendlite("solvers", "--json").stdout)}
    assert rows["chain"]["installed"]
    assert "max_delta" in rows["highs"]["objectives"]
    assert "chain" in mendlite("solvers").stdout


PAPER = ("repair", "digits", "--strategy", "qnnrepair", "--layers", "3", "--neurons", 6)


def test_a_saved_problem_is_solved_elsewhere(tmp_path):
    mendlite(*PAPER, "--out", tmp_path, "--save-problems", tmp_path / "problems")
    saved = sorted((tmp_path / "problems").iterdir())
    assert len(saved) == 6
    report = json.loads((tmp_path / "report.json").read_text())
    neurons = {f"layer{n['layer']}_neuron{n['neuron']}.npz": n for n in report["neurons"]}
    found = json.loads(mendlite("solve", saved[0], "--backend", "highs", "--json").stdout)
    assert found["objective"] == neurons[saved[0].name]["objective"]
    assert found["backend"] == "highs"
    assert "proof" in mendlite("solve", saved[0], "--out", tmp_path / "delta.npz").stdout
    with np.load(tmp_path / "delta.npz") as file:
        assert np.abs(file["delta"]).max() == found["objective"]
    failed = mendlite("solve", saved[0], "--backend", "nobody", ok=2)
    assert "no backend is called 'nobody'" in failed.stderr
    assert "no such file" in mendlite("solve", tmp_path / "x.npz", ok=2).stderr


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    mendlite(*PAPER, "--out", whole)
    command = [sys.executable, "-m", "mendlite", *map(str, PAPER), "--out", str(cut), "--jobs", "1"]
    env = os.environ | {"PYTHONPATH": str(ROOT / "toolchain")}
    started = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    while kept(cut) < 2:
        assert started.poll() is None, "it ended before it could be killed"
    started.kill()
    started.wait()
    before = kept(cut)
    assert not (cut / "repaired.tflite").exists()
    mendlite(*PAPER, "--out", cut, "--resume")
    assert 2 <= before <= kept(cut) == 6
    for name in ("repaired.tflite", "delta.json"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()


def test_an_option_that_would_do_nothing_is_refused(tmp_path):
    for option, words in (
        (
            ("--backend", "highs"),
            "--backend has no effect with strategy auto: it belongs to qnnrepair",
        ),
        (("--epsilon", "0.5"), "--epsilon has no effect with strategy auto: it belongs to smt"),
        (("--resume",), "--resume has no effect with strategy auto"),
    ):
        failed = mendlite("repair", "digits", *option, "--out", tmp_path, ok=2)
        assert words in failed.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_two_dask_workers_give_the_same_bytes(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    mendlite(*PAPER, "--out", here)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as one:
        mendlite(*PAPER, "--out", there, "--dask", one.scheduler_address)
    for name in ("repaired.tflite", "delta.json"):
        assert (here / name).read_bytes() == (there / name).read_bytes()
    failed = mendlite(*PAPER, "--out", there, "--dask", "tcp://127.0.0.1:9", ok=2)
    assert "no Dask scheduler responds at tcp://127.0.0.1:9" in failed.stderr


def kept(folder):
    """How many answers a run has stored."""
    path = folder / "solutions.sqlite"
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            return file.execute("SELECT count(*) FROM solutions").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_targets_doctor_and_help():
    assert "digits" in mendlite("targets").stdout
    assert {row["name"] for row in json.loads(mendlite("targets", "--json").stdout)} >= {"digits"}
    assert "as our kernels" in mendlite("doctor").stdout
    text = mendlite("--help").stdout
    for name in COMMANDS:
        assert name in text
        assert SUMMARIES[name].rstrip(".")[:20] in text
        helped = run(name, "--help")
        assert (helped.code, helped.err) == (0, "")
        assert "Usage:" in helped.out
    assert mendlite("--version").stdout == f"mendlite {__version__}\n"


def test_help_imports_nothing_heavy():
    code = (
        "import sys, mendlite.cli as c\n"
        "try:\n    c.root.main(['--help'], standalone_mode=False)\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'cvxpy', 'tflite', 'rich', 'highspy', 'msgspec'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT / "toolchain")}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, capture_output=True)
