"""Files of litert-quantizer, made once a run, and LiteRT's own answers for any file."""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from digit_images import DIGITS, ROOT, VALIDATION, images

QUIET = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ""}


def _python():
    """A Python with litert-quantizer: this one from 3.12 on, else one that is made when missing.

    It wants numpy 2, under which the interpreter of Python up to 3.11 does not run.
    """
    if importlib.util.find_spec("litert_quantizer") is not None:
        return sys.executable
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "litert.lock").open("w") as lock:
        # The workers of one run make it once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        environment = {**os.environ, "PYTHON": sys.executable}
        subprocess.run(["bash", "-euc", ". tools/litert.sh"], cwd=ROOT, env=environment, check=True)
    return str(ROOT / "build" / "litert" / "bin" / "python")


@pytest.fixture(scope="session")
def litert_python():
    return _python()


@pytest.fixture(scope="session")
def litert(litert_python, tmp_path_factory):
    """A function of (command, model, samples, result): tools/litert_files.py in that Python."""
    folder = tmp_path_factory.mktemp("samples")

    def run(command, model, samples, result):
        np.save(folder / "samples.npy", samples)
        tool = str(ROOT / "tools" / "litert_files.py")
        done = subprocess.run(
            [litert_python, tool, command, str(model), str(folder / "samples.npy"), str(result)],
            env=QUIET, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]

    return run


@pytest.fixture(scope="session")
def quantized(litert, tmp_path_factory):
    """The folder with one file a case; 100 images calibrate the static ones."""
    folder = tmp_path_factory.mktemp("quantized")
    litert("make", DIGITS / "float.tflite", images()[:100], folder)
    return folder


@pytest.fixture(scope="session")
def answers(litert, tmp_path_factory):
    """A function of (folder, samples): LiteRT's outputs, arrays "ref" and "auto" by file."""
    folder = tmp_path_factory.mktemp("answers")

    def run(models, samples):
        out = folder / models.name
        litert("run", models, samples, out)
        found = {}
        for path in out.glob("*.npz"):
            with np.load(path) as archive:
                found[path.stem] = dict(archive)
        return found

    return run


@pytest.fixture(scope="session")
def expected(quantized, answers, tmp_path_factory):
    """LiteRT's outputs of every case on the validation images, and the float model's classes."""
    folder = tmp_path_factory.mktemp("float")
    shutil.copy(DIGITS / "float.tflite", folder)
    validation = images()[VALIDATION:]
    teacher = answers(folder, validation)["float"]["ref"].argmax(axis=1)
    return answers(quantized, validation), teacher
