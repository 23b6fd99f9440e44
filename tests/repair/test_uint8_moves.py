"""uint8 weights with a zero-point are repaired within their type; LiteRT computes the same bytes."""

from dataclasses import replace

import numpy as np
import pytest

from digits_case import OPTIONS, PATHS
from mendlite.jobs.repair import repair
from mendlite.model.rounding import Profile
from mendlite.repair.moves.bias_correction import BiasCorrection
from mendlite.repair.moves.calibrate import Calibrate
from mendlite.repair.moves.distill import Distill
from mendlite.repair.moves.equalize import Equalize
from mendlite.repair.moves.gpfq import Gpfq
from mendlite.repair.moves.last_layer_margins import LastLayerMargins
from mendlite.repair.moves.least_squares import LeastSquares
from mendlite.repair.moves.qnnrepair import QNNRepair
from mendlite.repair.moves.squant import Squant
from mendlite.repair.moves.weight_scales import WeightScales
from mendlite.repair.run import propose
from mendlite.repair.settings import Settings
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.replay.runtimes import require_runtimes
from mendlite.targets.open import load_case
from small_targets import write_target
from uint8_models import uint8_network_spec

TASK = '[task]\nkind = "classification"\n'


def opened(folder, spread):
    write_target(folder, uint8_network_spec, TASK, spread=spread)
    whole = load_case(str(folder / "target.toml"), OPTIONS)
    sets = {k: getattr(whole.sets, k).some(60) for k in ("repair", "selection")}
    return replace(whole, sets=replace(whole.sets, **sets))


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Samples so large that some clip: then qnnrepair has failing tests to repair."""
    return opened(tmp_path_factory.mktemp("uint8"), 2.0)


def require_sound(case, model):
    """Weights stay in TFLite's narrow range, and LiteRT computes what our kernels do."""
    assert len(model.data) == len(case.quantized.data)
    for layer in model.layers:
        stored = model.tensors[layer.weights].constant()
        assert stored.dtype == np.uint8
        assert stored.min() >= 1
        assert model.tensors[layer.weights].zero_point == 131
    (litert,) = require_runtimes("litert")
    inputs = case.quantized_inputs(case.sets.validation, model)
    theirs = collect(litert.runner(model), inputs, model.outputs)
    ours = collect(make_runner("reference", model, Profile.TFLITE_REF), inputs, model.outputs)
    for tensor in model.outputs:
        assert theirs[tensor].dtype == np.uint8
        assert np.array_equal(theirs[tensor], ours[tensor])


MOVES = [
    LeastSquares(),
    Squant(),
    Gpfq(),
    BiasCorrection(),
    WeightScales(fine=True),
    Calibrate("min-max"),
    Equalize(),
    Distill(steps=8, copies=1, rate=0.2),
    LastLayerMargins(),
    QNNRepair(),
]


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.name)
def test_moves_keep_uint8_weights_in_their_range_and_litert_agrees(case, move):
    model = propose(case, move).model
    assert model.data != case.quantized.data
    require_sound(case, model)


def test_a_repair_comes_nearer_to_float_on_held_out_samples(tmp_path):
    report = repair(opened(tmp_path, 0.9), Settings.of("least-squares"), PATHS).report
    assert report.validation.repaired.loss < 0.8 * report.validation.int8.loss
