"""Files with int4 weights are repaired within their 16 values, and LiteRT computes the same bytes."""

from dataclasses import replace

import numpy as np
import pytest

from mendlite.case.evaluate import evaluate, teacher_outputs
from mendlite.model.rounding import Profile
from mendlite.pairing.verdict import PairingVerdict
from mendlite.repair.moves.bias_correction import BiasCorrection
from mendlite.repair.moves.distill import Distill
from mendlite.repair.moves.gpfq import Gpfq
from mendlite.repair.moves.least_squares import LeastSquares
from mendlite.repair.moves.squant import Squant
from mendlite.repair.run import propose
from mendlite.replay.collect import collect
from mendlite.replay.registry import make_runner
from mendlite.replay.runtimes import require_runtimes
from mendlite.targets.open import CaseOptions, load_case

NAMES = ["mnist_conv_fc_a8w4_dense4", "mnist_conv_fc_w4_dynamic", "kws_one_sample_a8w4_dense4"]
MOVES = [LeastSquares(), Squant(), Gpfq(), BiasCorrection(), Distill(steps=8, copies=1, rate=0.2)]


def few(name, data_root, count=40):
    case = load_case(name, CaseOptions(data_root=data_root))
    sets = {k: getattr(case.sets, k).some(count) for k in ("repair", "selection", "validation")}
    return replace(case, sets=replace(case.sets, **sets))


@pytest.mark.data
@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.name)
@pytest.mark.parametrize("name", NAMES)
def test_moves_keep_int4_weights_in_their_range_and_litert_agrees(data_root, name, move):
    case = few(name, data_root)
    assert case.pairing.verdict is PairingVerdict.SAME
    model = propose(case, move).model
    assert model.data != case.quantized.data
    assert len(model.data) == len(case.quantized.data)
    for layer in model.layers:
        weights = model.tensors[layer.weights]
        if weights.dtype.value == "INT4":
            assert weights.data.min() >= -8
            assert weights.data.max() <= 7
    (litert,) = require_runtimes("litert")
    (output,) = model.outputs
    inputs = case.quantized_inputs(case.sets.validation, model)
    theirs = collect(litert.runner(model), inputs, [output])[output]
    ours = collect(make_runner("reference", model, Profile.TFLITE_REF), inputs, [output])[output]
    exact = theirs.dtype == np.int8
    assert np.array_equal(theirs, ours) if exact else np.allclose(theirs, ours, atol=1e-4)


@pytest.mark.data
def test_least_squares_wins_back_what_int4_lost(data_root):
    case = few("mlperf_ic_a8w4", data_root, count=150)
    model = propose(case, LeastSquares()).model
    teacher = teacher_outputs(case, case.sets.validation).values.argmax(1)
    agree = [
        np.mean(evaluate(case, m, case.sets.validation).values.argmax(1) == teacher)
        for m in (case.quantized, model)
    ]
    assert agree[1] > agree[0] + 0.2
