"""The type in which scales are multiplied, by profile: hand-computed, on runtimes and on a board."""

import numpy as np
import pytest

from mendlite.checker.evaluate import evaluate, evaluate_fast
from mendlite.checker.graph import read_graph
from mendlite.model.rounding import Profile
from mendlite.packages import TFLM, version
from mendlite.replay.collect import collect
from mendlite.replay.package_profiles import profile_of, runner_profile
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from mendlite.tflite.reader import read
from scale_products import FILES, IN_DOUBLE, IN_FLOAT32, inputs_of

OF_PROFILE = {
    ("FULLY_CONNECTED", Profile.TFLM): IN_FLOAT32,
    ("FULLY_CONNECTED", Profile.SINGLE): IN_FLOAT32,
    ("FULLY_CONNECTED", Profile.TFLM_2026_10): IN_DOUBLE,
    ("BATCH_MATMUL", Profile.TFLITE_REF): IN_FLOAT32,
    ("BATCH_MATMUL", Profile.TFLM): IN_FLOAT32,
    ("BATCH_MATMUL", Profile.SINGLE): IN_FLOAT32,
    ("BATCH_MATMUL", Profile.TFLM_2026_10): IN_DOUBLE,
}
"""LiteRT's dense layers round once: below."""

ROWS = [pytest.param(*key, wanted, id=f"{key[0]}-{key[1].value}")
        for key, wanted in OF_PROFILE.items()]  # fmt: skip


@pytest.mark.parametrize(("op", "profile", "wanted"), ROWS)
def test_our_kernels_and_the_checker_multiply_as_the_profile_has_it(op, profile, wanted):
    model = read(FILES[op])
    inputs, [output] = inputs_of(model), model.outputs
    ours = collect(ReferenceRunner(model=model, profile=profile), inputs, [output])
    assert ours[output].reshape(-1).tolist() == wanted
    for evaluated in (evaluate, evaluate_fast):
        found = evaluated(read_graph(model.data), profile.value, inputs, [output])
        assert found[output].reshape(-1).tolist() == wanted


@pytest.mark.parametrize("op", FILES)
@pytest.mark.parametrize("runtime", installed(), ids=lambda runtime: runtime.name)
def test_every_runtime_here_follows_its_own_profile(op, runtime):
    model = read(FILES[op])
    inputs, [output] = inputs_of(model), model.outputs
    runner = ReferenceRunner(model=model, profile=runtime.profile)
    theirs = collect(runtime.runner(model), inputs, [output])[output]
    assert np.array_equal(theirs, collect(runner, inputs, [output])[output])
    assert theirs.reshape(-1).tolist() in (IN_FLOAT32, IN_DOUBLE)


@pytest.mark.parametrize(
    ("release", "profile"),
    [
        ("0.dev20250710203257", Profile.TFLM),
        ("0.dev20261012203412", Profile.TFLM),
        ("0.dev20261013214400", Profile.TFLM_2026_10),
        ("0.dev20261023182759", Profile.TFLM_2026_10),
        ("1.0", Profile.TFLM_2026_10),
    ],
)
def test_the_profile_of_a_package_follows_from_its_day(release, profile):
    assert profile_of(TFLM, release) is profile


@pytest.mark.skipif(not version(TFLM), reason="TFLite Micro is not installed")
def test_the_runner_has_the_profile_of_the_package_here():
    (micro,) = (runtime for runtime in installed() if runtime.name == "tflm")
    assert runner_profile("tflm") is micro.profile is profile_of(TFLM, micro.version)
