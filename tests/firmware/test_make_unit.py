"""`make unit` ends where a test of the firmware in C fails."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.device


@pytest.mark.parametrize(("first", "code"), [("firmware", 2), ("help", 0)])
def test_what_fails_in_front_of_pytest_ends_it(first, code):
    # The target `firmware` fails without a board; `help` does not.
    words = [
        f"FIRMWARE_TESTS={first}",
        f"VENV={sys.prefix}",
        "BOARD=",
        "ARGS=--version",
        "COVERAGE=",
    ]
    done = subprocess.run(
        ["make", "-o", f"{sys.prefix}/.installed", "unit", *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert (f"pytest {pytest.__version__}" in done.stdout + done.stderr) == (code == 0)
