"""The checker's own LOG_SOFTMAX: bytes of our kernels and of the runtimes; a forged certificate."""

import numpy as np
import pytest
from repairs import PATHS, options, settings

from checked_kernels import agree
from kits import make_kit, noticed, nudged
from log_softmax_models import SCALES, classifier, log_softmax_spec
from mendlite.arith.fixed_logarithm import logarithm
from mendlite.checker.evaluate import require_runnable
from mendlite.checker.form import loads
from mendlite.checker.graph import read_graph
from mendlite.checker.log_softmax import log_of_sum, log_softmax
from mendlite.errors import UnsupportedModelError
from mendlite.jobs.repair import repair
from mendlite.targets.open import load_case
from small_targets import write_target
from tiny_models import build, float_twin
from uint8_models import as_uint8


@pytest.mark.parametrize("scale", SCALES)
def test_it_has_the_bytes_of_every_runtime(scale):
    for shape in ((1, 1), (1, 10), (1, 7, 33)):
        assert agree(log_softmax_spec(scale, shape), count=20) == {"litert", "tflm"}


def test_float_and_uint8_are_our_kernels():
    assert agree(float_twin(log_softmax_spec(shape=(1, 3, 11))), count=9)
    agree(as_uint8(log_softmax_spec()), count=9)


def test_by_hand():
    """log(1/2) is -11.09 steps of 1/16, log(1/10) is -36.84."""
    assert log_softmax(np.array([[5, 5]]), 0.1, single=False).tolist() == [[-11, -11]]
    assert log_softmax(np.full((1, 10), -7), 0.1, single=False).tolist() == [[-37] * 10]


def test_the_logarithm_is_the_packages():
    totals = np.unique(np.geomspace(1, 4095, 500) * 2**19).astype(np.int64)
    assert [log_of_sum(int(x)) for x in totals] == logarithm(totals, 12, 5).tolist()


@pytest.mark.parametrize(
    "spec",
    [
        log_softmax_spec(out=(1 / 16, 126)),
        log_softmax_spec(scale=2.0**-26),
        log_softmax_spec(shape=(1, 4096)),
    ],
)
def test_other_forms_are_refused(spec):
    with pytest.raises(UnsupportedModelError, match="operator 0 LOG_SOFTMAX"):
        require_runnable(read_graph(build(spec)), "tflm", [1])


def test_a_repaired_classifier_holds_and_a_forged_weight_is_noticed(tmp_path, keys):
    write_target(tmp_path, classifier, '[task]\nkind = "classification"\n')
    case = load_case(str(tmp_path), options())
    repaired = repair(case, settings("least-squares"), PATHS)
    kit = make_kit(case, repaired, "x", key=keys[0], public=keys[1])
    assert noticed(kit) is None
    weight = next(e for e in loads(kit.certificate)["edits"] if e["kind"] == "weight")
    assert "the output bytes of patched" in noticed(nudged(kit, weight["tensor"]))
