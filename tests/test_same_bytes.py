"""One repaired file for one input and seed, whatever BLAS and numpy make of this processor."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from check_digests import read_table
from compare_machines import digests, first_difference

TOOL = Path(__file__).parents[1] / "tools" / "compare_machines.py"


def compared(target, settings, *options):
    """What the tool says of a target; it exits 1 where two files differ."""
    begin = [sys.executable, str(TOOL), target, "--settings", settings]
    return subprocess.run(
        [*begin, "--", *options], capture_output=True, text=True, check=False
    )  # fmt: skip


def recorded(target, options="-"):
    """The digest that repaired_digests.tsv holds of the target as it is."""
    chosen = [
        row
        for row in read_table()[1]
        if (row.target, row.edits, row.options) == (target, "-", options)
    ]
    return chosen[0].sha256


def digest_lines(done):
    assert done.returncode == 0, done.stdout + done.stderr
    found = [line.split()[-1] for line in done.stdout.splitlines() if "left out" not in line]
    assert len(found) > 1
    assert all(len(word) == 64 for word in found), done.stdout
    return found


@pytest.mark.slow
def test_digits_are_repaired_alike_with_other_kernels_of_blas_and_numpy():
    assert set(digest_lines(compared("digits", "haswell,no-simd"))) == {recorded("digits")}


@pytest.mark.slow
def test_keyword_spotting_is_repaired_alike(data_root):
    assert data_root.is_dir()
    # Least squares and rescaled channels on every layer: auto would search for a minute more.
    options = "--strategy least-squares --samples 32"
    done = compared("mlperf_kws", "nehalem,haswell", *options.split())
    assert set(digest_lines(done)) == {recorded("mlperf_kws", options)}


def test_where_no_file_was_made_the_tool_fails():
    done = compared("no_such_target", "nehalem")
    assert done.returncode == 1
    assert "exit 2" in done.stdout


def test_a_trace_names_the_first_value_that_differs(tmp_path):
    lines = [f"mendlite.f {' '.join(digests(np.arange(n, dtype=np.float64)))}\n" for n in (3, 4)]
    (tmp_path / "a").write_text(lines[0] + lines[0])
    (tmp_path / "b").write_text(lines[0] + lines[1])
    assert "value 1" in first_difference(tmp_path / "a", tmp_path / "b")
    assert "mendlite.f" in first_difference(tmp_path / "a", tmp_path / "b")
