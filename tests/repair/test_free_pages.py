"""Free memory goes back to the system during a large network's repair, and only then."""

import subprocess
import sys

import pytest

from digits_case import OPTIONS, PATHS
from mendlite.jobs.repair import repair
from mendlite.repair import free_pages
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case

PROGRAM = """
import numpy as np
from mendlite.cli.heap import keep_freed_memory
from mendlite.repair.free_pages import _trim

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

keep_freed_memory()
arrays = [np.ones(2**20, np.uint8) for _ in range(200)]
kept, last = arrays[::50], np.ones(2**20, np.uint8)
del arrays
before = resident()
_trim()(0)
print(before - resident())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="malloc_trim is of glibc")
def test_gaps_between_arrays_are_returned():
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) > 150 * 2**20


@pytest.mark.parametrize("large", [False, True])
def test_a_large_network_s_layers_and_steps_give_memory_back(monkeypatch, large):
    trims = []
    monkeypatch.setattr(free_pages, "_trim", lambda: trims.append)
    if large:
        monkeypatch.setattr(free_pages, "LARGE", 1)
    case = load_case("digits", OPTIONS)
    found = repair(case, Settings.of("bias"), PATHS)
    assert len(found.report.steps) == 1
    # Behind each layer, and behind the step.
    assert trims == ([0] * (len(case.pairs) + 1) if large else [])


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(free_pages, "_trim", lambda: None)
    monkeypatch.setattr(free_pages, "LARGE", 1)
    free_pages.free_pages(load_case("digits", OPTIONS))
