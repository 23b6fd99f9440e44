"""Memory that a command's arrays free is used again, without new pages of the system."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
from mendlite.cli.heap import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(2**25, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if sys.argv[1] == "kept":
    keep_freed_memory()
faults()
print(faults())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is of glibc")
def test_pages_of_a_freed_array_serve_the_next_one():
    def faults(how):
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True
        )
        return int(ran.stdout)

    assert faults("kept") < 10 <= faults("as glibc has it")
