"""What distill learns is the same under other kernels of BLAS and other numbers of threads."""

import os
import subprocess
import sys

import pytest

from compare_machines import SETTINGS, runs_here

PROBE = """
import sys
from dataclasses import replace
from pathlib import Path

from mendlite.moves import Distill
from mendlite.repair.run import propose
from mendlite.targets.open import CaseOptions, load_case

for name in ("mnist_conv_fc_a8w4_dense4", "mnist_conv_fc_w4_dynamic"):
    case = load_case(name, CaseOptions(data_root=Path(sys.argv[1])))
    case = replace(case, sets=replace(case.sets, repair=case.sets.repair.some(40)))
    learned = propose(case, Distill(steps=6, copies=1, rate=0.3)).model
    print(learned.sha256, learned.sha256 != case.quantized.sha256)
"""


def learned(setting, data_root):
    command = [sys.executable, "-W", "ignore", "-c", PROBE, str(data_root)]
    env = {**os.environ, **SETTINGS[setting], "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.data
@pytest.mark.slow
def test_the_same_integers_are_learned(data_root):
    settings = [name for name in ("nehalem", "two-threads") if runs_here(name)]
    assert len(settings) > 1
    lines = [learned(setting, data_root) for setting in settings]
    assert all(line.endswith(" True") for line in lines[0])
    assert lines.count(lines[0]) == len(lines)
