"""The line of each extra that is missing, as the command prints it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hidden_packages import hide
from in_process import run
from mendlite.errors import MissingPackageError
from mendlite.packages import PACKAGES
from mendlite.sources.opening import open_data
from mendlite.sources.spec import DataSpec
from mendlite.targets.images import decode_jpegs
from mendlite.targets.schema import Jpeg

ROOT = Path(__file__).parents[2]
OPTIONAL = {module for module, package in PACKAGES.items() if package.extra}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The current folder, in an environment without any extra."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        hide(patch, *OPTIONAL)
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def repaired(folder):  # noqa: ARG001
    """A repair in it."""
    return run("repair", "digits", "--strategy", "margins")


def test_a_repair_needs_no_extra_and_says_what_it_left_out(repaired):
    assert repaired.code == 0
    assert (
        "repaired.tflite, delta.json, report.json, details.json, report.html, certificate.json\n"
        in repaired.out
    )
    assert repaired.err == "note: curve.png needs matplotlib: pip install 'mendlite[report]'\n"


@pytest.mark.usefixtures("repaired")
def test_emit_leaves_the_delta_out_and_says_so():
    done = run("emit", "digits")
    assert done.code == 0
    assert "manifest.json" in done.out
    assert ".patch" not in done.out
    assert done.err == "note: the OTA delta needs detools: pip install 'mendlite[ota]'\n"


QNNREPAIR = ("repair", "digits", "--strategy", "qnnrepair", "--jobs", 1)
CERTIFY = ("certify", "digits", "--property", "class", "--sample", 7, "--radius", 1)
LINES = [
    (("emit", "digits", "--formats", "delta"), "the OTA delta needs detools", "ota"),
    ((*QNNREPAIR, "--backend", "scip"), "backend scip needs pyscipopt", "solvers"),
    ((*QNNREPAIR, "--backend", "cvxpy:SCIP"), "backend cvxpy:SCIP needs pyscipopt", "solvers"),
    ((*QNNREPAIR, "--backend", "cpsat"), "backend cpsat needs ortools", "solvers"),
    ((*QNNREPAIR, "--backend", "z3"), "backend z3 needs z3-solver", "smt"),
    ((*QNNREPAIR, "--dask", "tcp://127.0.0.1:1"), "a Dask cluster needs distributed", "dask"),
    ((*CERTIFY, "--solver", "scip"), "solver scip needs pyscipopt", "solvers"),
    ((*CERTIFY, "--solver", "z3"), "solver z3 needs z3-solver", "smt"),
    (("repair", "digits", "--sign", __file__), "a signature needs cryptography", "sign"),
    (("validate", "digits", "--runner", "tflm"), "runner tflm needs tflite-micro", "tflm"),
    (("validate", "digits", "--against", "tflm"), "runtime tflm needs tflite-micro", "tflm"),
    (("validate", "digits", "--against", "tflite-runtime"),
     "runtime tflite-runtime needs tflite-runtime", "tflite-runtime"),
]  # fmt: skip


@pytest.mark.usefixtures("repaired")
@pytest.mark.parametrize(("arguments", "line", "extra"), LINES, ids=[row[1] for row in LINES])
def test_one_line_names_the_extra_with_its_brackets(arguments, line, extra):
    failed = run(*arguments)
    assert failed.code == 2
    assert failed.err.startswith(f"mendlite: error: {line}: pip install 'mendlite[{extra}]'")
    assert failed.err.count("\n") == 1
    assert failed.out == ""


@pytest.mark.usefixtures("folder")
def test_a_table_keeps_the_brackets():
    found = run("solvers").out
    assert "'mendlite[solvers]'" in found
    assert "'mendlite[smt]'" in found


@pytest.mark.usefixtures("folder")
def test_jpeg_samples_name_theirs():
    line = r"^decoding JPEG samples needs pillow: pip install 'mendlite\[images\]'$"
    with pytest.raises(MissingPackageError, match=line):
        decode_jpegs(
            np.zeros(4, np.uint8), np.array([0, 4]), np.array([0]), Jpeg(offsets="offsets")
        )


@pytest.mark.parametrize(
    ("name", "raw", "line"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n", r"^decoding images needs pillow: .*'mendlite\[images\]'$"),
        (
            "a.wav",
            b"RIFF\0\0\0\0WAVE",
            r"^reading WAV files needs soundfile: .*'mendlite\[audio\]'$",
        ),
        ("a.h5", b"\x89HDF\r\n\x1a\n", r"^reading .h5 files needs h5py: .*'mendlite\[hdf5\]'$"),
        ("a.tfrecord", b"", r"^reading .tfrecord files needs tfrecord: .*'mendlite\[tfrecord\]'$"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_each_form_of_data_names_its_extra(tmp_path, name, raw, line):
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(MissingPackageError, match=line):
        open_data(DataSpec(words=(name,)), root=tmp_path).sample(1, 0)


def test_help_imports_nothing_but_click():
    env = os.environ | {"PYTHONPATH": str(ROOT / "toolchain")}
    command = [sys.executable, "-X", "importtime", "-m", "mendlite", "--help"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert {"mendlite", "click"} <= imported
    assert not imported & {"numpy", "scipy", "rich", "msgspec", "flatbuffers", "tflite", *PACKAGES}
