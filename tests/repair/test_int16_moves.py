"""int16 activations: every move's file is sound, its biases in 64 bits, and LiteRT agrees on its bytes."""

from dataclasses import replace

import numpy as np
import pytest

from digits_case import OPTIONS, PATHS
from int16_models import RUNTIMES, differing, int16x8, int16x8_file
from mendlite.errors import UnsupportedModelError
from mendlite.jobs.repair import repair
from mendlite.model.repair_options import RepairOptions
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.prepare.int32 import require_int32, wrapping_channels
from mendlite.prepare.model import prepare_model
from mendlite.repair.facts import Facts
from mendlite.repair.layers.activation_range import Range
from mendlite.repair.moves.bias_correction import BiasCorrection
from mendlite.repair.moves.bias_search import BiasSearch
from mendlite.repair.moves.calibrate import Calibrate
from mendlite.repair.moves.distill import Distill
from mendlite.repair.moves.equalize import Equalize
from mendlite.repair.moves.gpfq import Gpfq
from mendlite.repair.moves.last_layer_margins import LastLayerMargins
from mendlite.repair.moves.least_squares import LeastSquares
from mendlite.repair.moves.squant import Squant
from mendlite.repair.moves.weight_scales import WeightScales
from mendlite.repair.run import propose
from mendlite.repair.settings import Settings
from mendlite.targets.open import load_case
from mendlite.tflite.diff import diff
from mendlite.tflite.int4_form import why_not_int4
from mendlite.tflite.patch import apply, revert
from mendlite.tflite.reader import read
from mendlite.tflite.scale_groups import scale_groups
from small_targets import write_target
from tiny_models import build, dense_spec

TASK = '[task]\nkind = "classification"\n'


def opened(folder, *, bias="INT64"):
    write_target(folder, lambda: int16x8(dense_spec(hidden=12), bias=bias), TASK)
    whole = load_case(str(folder / "target.toml"), OPTIONS)
    sets = {k: getattr(whole.sets, k).some(60) for k in ("repair", "selection")}
    return replace(whole, sets=replace(whole.sets, **sets))


@pytest.fixture(scope="module", params=["INT64", "INT32"])
def case(tmp_path_factory, request):
    return opened(tmp_path_factory.mktemp("int16"), bias=request.param)


def require_sound(case, model):
    """The same size, symmetric ranges, biases of the same type, and LiteRT's bytes."""
    assert len(model.data) == len(case.quantized.data)
    for old, new in zip(case.quantized.tensors, model.tensors, strict=True):
        assert old.dtype is new.dtype
        assert new.dtype is not DType.INT16 or new.zero_point == 0
    inputs = case.quantized_inputs(case.sets.validation, model)
    assert differing(model, RUNTIMES["litert"], inputs) == []


MOVES = [
    LeastSquares(),
    Squant(),
    Gpfq(),
    BiasCorrection(),
    WeightScales(fine=True),
    Calibrate("min-max"),
    Equalize(),
    BiasSearch(),
]


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.name)
def test_a_move(case, move):
    model = propose(case, move).model
    assert model.data != case.quantized.data
    require_sound(case, model)


@pytest.mark.parametrize(
    ("move", "reason"),
    [(Distill(), "its derivative is not implemented for"), (LastLayerMargins(), "no int8 dense")],
    ids=["distill", "margins"],
)
def test_moves_that_compute_in_8_bits_give_a_reason(case, move, reason):
    facts = Facts(case=case, model=case.quantized, layers=(0, 1), options=RepairOptions())
    assert reason in (move.why_not(facts) or "")


def test_a_repair_comes_nearer_to_float_on_held_out_samples(tmp_path):
    case = opened(tmp_path)
    outcome = repair(case, Settings.of("least-squares"), PATHS)
    validation = outcome.report.validation
    assert validation.repaired.loss < 0.5 * validation.int8.loss


def test_a_delta_of_64_bit_biases_is_applied_and_reverted(case):
    model = propose(case, BiasCorrection()).model
    delta = diff(case.quantized, model)
    assert {edit.old.dtype.itemsize for edit in delta.edits} <= {4, 8}
    assert apply(case.quantized.data, delta) == model.data
    assert revert(model.data, delta) == case.quantized.data


def test_ranges_are_symmetric():
    chosen = Range.of(-0.2, 0.7, DType.INT16)
    assert (chosen.zero_point, chosen.two_sided) == (0, False)
    assert chosen.ends[1] == pytest.approx(0.7)
    assert chosen.ends[0] == -chosen.ends[1]
    assert chosen.resized(0.5, 0.5).scale == pytest.approx(chosen.scale / 2)


def test_int8_and_int16_tensors_that_share_a_vector_stay():
    model = read(int16x8_file(dense_spec()))
    assert [group.frozen is None for group in scale_groups(model)] == [False, True, False]


def test_sums_that_leave_the_bounds_of_int64_are_no_repair():
    spec = int16x8(dense_spec())
    spec.tensors[2].data[1] = 2**47
    model = read(build(spec))
    assert wrapping_channels(model, model.layers[0]).tolist() == [1]
    with pytest.raises(UnsupportedModelError, match="channel 1 may leave int64's bounds"):
        require_int32(model)
    with pytest.raises(UnsupportedModelError, match="the accumulator of channel 1 may reach"):
        prepare_model(model, Profile.TFLM)


def test_sums_in_int32_wrap_earlier_and_are_no_repair():
    spec = dense_spec(inputs=700, hidden=4)
    spec.tensors[1].data[2] = 127
    narrow, wide = (read(int16x8_file(spec, bias=bias)) for bias in ("INT32", "INT64"))
    assert wrapping_channels(narrow, narrow.layers[0]).size
    assert not wrapping_channels(wide, wide.layers[0]).size
    assert not np.any(wide.tensors[0].zero_point)


def test_no_layer_is_advised_to_have_4_bits(case):
    reasons = {why_not_int4(case.quantized, layer) for layer in case.quantized.layers}
    assert reasons == {"its activations are INT16"}
