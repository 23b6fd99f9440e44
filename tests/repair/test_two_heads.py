"""A model with two outputs: the first one is complete before the layers of the second are searched."""

import numpy as np
import pytest

from digits_case import OPTIONS, PATHS
from mendlite.jobs.repair import repair
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from small_targets import detector, write_target
from tiny_models import TensorSpec

TASK = '[task]\nkind = "detection"\ntolerance = 1.0\nthreshold = 1.5\n'


def with_biases_in_both_heads():
    spec = detector()
    bias = np.array([60, -80], "<i4")
    scale = spec.tensors[3].scale[0] * spec.tensors[7].scale[0]
    spec.tensors.append(TensorSpec("b3", (2,), "INT32", bias, scale=[scale], zero_point=[0]))
    spec.ops[-1].inputs = [3, 7, 9]
    return spec


@pytest.mark.parametrize("strategy", ["auto", "reconstruct"])
def test_a_head_that_is_complete_stays_for_the_search_behind_it(tmp_path, strategy):
    write_target(tmp_path, with_biases_in_both_heads, TASK)
    case = load_case(str(tmp_path / "target.toml"), OPTIONS)
    validation = repair(case, Settings.of(strategy), PATHS).report.validation
    assert validation.repaired.loss < validation.int8.loss
