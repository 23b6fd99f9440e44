"""A wheel works in an empty environment, away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_the_targets(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "mendlite/py.typed" in names
    assert "mendlite/embedded_targets/digits/int8.tflite" in names
    assert "mendlite/embedded_targets/mlperf_ic/target.toml" in names
    assert "mendlite/embedded_boards/rp2040.toml" in names
    assert not [n for n in names if n.startswith("tests/")]


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_environment(wheel, tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    install = [
        str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet",
        "--disable-pip-version-check", "--constraint", str(ROOT / "constraints.txt"), str(wheel),
    ]  # fmt: skip
    subprocess.run(install, check=True)
    env = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "MENDLITE_DATA"}}
    command = [str(venv / "bin" / "mendlite"), "repair", "digits"]
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert "repaired" in done.stdout
    assert (tmp_path / "build" / "digits" / "repaired.tflite").is_file()
