"""The move weight-scales writes scales, weights and biases that belong together."""

from dataclasses import replace

import numpy as np
import pytest

from mendlite.case.evaluate import evaluate, teacher_outputs
from mendlite.claims.squares import FileLayer, check_squares
from mendlite.errors import ClaimError
from mendlite.model.delta import Field
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.model.repair_options import EditScope, RepairOptions
from mendlite.moves import LeastSquares, WeightScales
from mendlite.repair.facts import Facts
from mendlite.repair.run import propose
from mendlite.repair.strategies.auto import AUTO
from mendlite.repair.strategies.conditions import weights_are_coarse
from mendlite.repair.strategies.least_squares import LEAST_SQUARES
from mendlite.repair.strategies.plan import moves_of
from mendlite.targets.open import CaseOptions, load_case
from mendlite.tflite.diff import diff
from mendlite.tflite.support import rescalable
from small_targets import head
from tiny_models import ModelSpec, OpSpec, TensorSpec, build

INPUTS, HIDDEN, CLASSES = 12, 8, 4
IN, BETWEEN, OUT = 0.05, 0.15, 0.3


def packed(values):
    """int4 values two a byte, the first in the low half."""
    low, high = values.reshape(-1, 2).T.astype(np.int64) & 15
    return (low | high << 4).astype(np.uint8)


def dense(name, real, bias, unit, *, kind, per_channel):
    """The tensors of a dense layer's weights and bias, and the same in float32."""
    floats = [
        TensorSpec(f"{name}_w", real.shape, "FLOAT32", real.astype("<f4")),
        TensorSpec(f"{name}_b", bias.shape, "FLOAT32", bias.astype("<f4")),
    ]
    high = 7 if kind == "INT4" else 127
    largest = np.abs(real).max(axis=1) if per_channel else np.array([np.abs(real).max()])
    scale = (largest / high).astype(np.float32)
    zeros = [0] * scale.size
    values = np.rint(real / scale[:, None]).astype(np.int8)
    data = packed(values) if kind == "INT4" else values
    weights = TensorSpec(f"{name}_w", real.shape, kind, data, list(scale), zeros)
    if unit is None:
        return floats, [weights, floats[1]]
    steps = np.rint(bias / (unit * scale)).astype("<i4")
    own = TensorSpec(f"{name}_b", bias.shape, "INT32", steps, list(unit * scale), zeros)
    return floats, [weights, own]


def write_pair(folder, *, kind="INT4", per_channel=True, dynamic=False):
    """Two dense layers with heavy-tailed weights: float32, and quantized by min-max."""
    rng = np.random.default_rng(4)

    def activation(name, size, scale=None, zero=0):
        if scale is None or dynamic:
            return TensorSpec(name, (1, size), "FLOAT32")
        return TensorSpec(name, (1, size), "INT8", None, [scale], [zero])

    def made(*, quantized):
        rng = np.random.default_rng(4)
        first, second = rng.standard_t(3, (HIDDEN, INPUTS)), rng.standard_t(3, (CLASSES, HIDDEN))
        parts = [
            dense("a", 0.2 * first, rng.normal(0, 0.3, HIDDEN), None if dynamic else IN,
                  kind=kind, per_channel=per_channel)[quantized],
            dense("b", 0.2 * second, rng.normal(0, 0.3, CLASSES), None if dynamic else BETWEEN,
                  kind=kind, per_channel=per_channel)[quantized],
        ]  # fmt: skip
        scales = (IN, BETWEEN, OUT) if quantized else (None, None, None)
        tensors = [activation("in", INPUTS, scales[0]), *parts[0],
                   activation("h", HIDDEN, scales[1], -128), *parts[1],
                   activation("out", CLASSES, scales[2])]  # fmt: skip
        options = ("FullyConnectedOptions", {"FusedActivationFunction": 1})
        ops = [OpSpec("FULLY_CONNECTED", [0, 1, 2], [3], *options),
               OpSpec("FULLY_CONNECTED", [3, 4, 5], [6], "FullyConnectedOptions", {})]  # fmt: skip
        return ModelSpec(tensors, ops, [0], [6])

    (folder / "float.tflite").write_bytes(build(made(quantized=False)))
    (folder / "int8.tflite").write_bytes(build(made(quantized=True)))
    np.savez(folder / "data.npz", x=rng.normal(0, 2, (400, INPUTS)).astype(np.float32))
    table = head("count = 200", "count = 50") + '[task]\nkind = "regression"\ntolerance = 0.3\n'
    (folder / "target.toml").write_text(table, encoding="utf-8")
    return load_case(str(folder / "target.toml"), CaseOptions())


def error(case, model):
    """Mean squared distance from float's outputs on held-out samples."""
    samples = case.sets.validation
    distance = evaluate(case, model, samples).values - teacher_outputs(case, samples).values
    return float(np.square(distance).mean())


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("dynamic", [False, True])
def test_scales_bring_int4_nearer_to_float_than_least_squares_alone(tmp_path, per_channel, dynamic):
    case = write_pair(tmp_path, per_channel=per_channel, dynamic=dynamic)
    plain, scaled = (propose(case, move).model for move in (LeastSquares(), WeightScales()))
    assert error(case, plain) < error(case, case.quantized)
    assert error(case, scaled) < error(case, plain)
    edited = {
        (scaled.tensors[e.tensor].name[-1], e.field) for e in diff(case.quantized, scaled).edits
    }
    assert ("w", Field.SCALE) in edited
    for layer in scaled.layers:
        weights, bias = scaled.tensors[layer.weights], scaled.tensors[layer.bias]
        assert weights.data.min() >= -8
        assert weights.data.max() <= 7
        assert weights.quant.scale.size == (layer.channels if per_channel else 1)
        if not dynamic:
            unit = np.float32(scaled.tensors[layer.input].scale * weights.quant.scale)
            assert np.array_equal(np.float32(bias.quant.scale), unit)


def test_int8_weights_keep_their_scales_unless_asked(tmp_path):
    case = write_pair(tmp_path, kind="INT8")
    models = [
        propose(case, move).model
        for move in (LeastSquares(), WeightScales(), WeightScales(fine=True))
    ]
    assert models[1].data == models[0].data
    fields = {edit.field for edit in diff(case.quantized, models[2]).edits}
    assert Field.SCALE in fields


@pytest.mark.parametrize(
    ("move", "scope"),
    [(WeightScales(), EditScope(edit_scales=False)), (WeightScales(max_delta=15), EditScope())],
)
def test_where_scales_must_stay_or_steps_are_bounded_it_is_least_squares(tmp_path, move, scope):
    case = write_pair(tmp_path)
    options = RepairOptions(scope=scope)
    found = propose(case, move, options).model
    fields = {edit.field for edit in diff(case.quantized, found).edits}
    assert fields == {Field.DATA}


def test_scales_stay_where_the_bias_cannot_follow(tmp_path):
    case = write_pair(tmp_path)
    layer = case.quantized.layers[0]
    assert rescalable(case.quantized, layer)
    assert not rescalable(case.quantized, replace(layer, bias_frozen="shared"))
    # A bias that is computed, no constant: the operator reads one that the layer does not have.
    assert not rescalable(case.quantized, replace(layer, bias=None))


def test_a_rescaled_channel_is_checked_though_its_integers_stay():
    system = LayerSystem(
        rows=np.array([[1], [2]], np.int16),
        weights=np.array([[3]]),
        bias=None,
        fixed_bias=np.zeros(1),
        low=np.array([[4], [6]]),
        high=np.array([[4], [6]]),
        fraction_bits=0,
        weights_float=np.array([[3.0]]),
        editable=np.array([True]),
    )
    there = FileLayer(weights=system.weights, bias=None, fixed_bias=system.fixed_bias)
    after, wrong = (
        LayerRepair(weights=system.weights, bias=None, before=np.array([5]), after=np.array([n]))
        for n in (1, 0)
    )
    rescaled = np.array([True])
    check_squares(system, there, after, place="layer 0", rescaled=rescaled)
    check_squares(system, there, wrong, place="layer 0")
    with pytest.raises(ClaimError, match="exact re-evaluation results in 1"):
        check_squares(system, there, wrong, place="layer 0", rescaled=rescaled)


def test_plans_search_scales_where_weights_are_int4_and_nowhere_else(tmp_path):
    for kind, expected in (("INT4", True), ("INT8", False)):
        folder = tmp_path / kind
        folder.mkdir()
        case = write_pair(folder, kind=kind)
        facts = Facts(case=case, model=case.quantized, layers=(0, 1), options=RepairOptions())
        assert weights_are_coarse(facts) is expected
        for strategy in (AUTO, LEAST_SQUARES):
            attempted = {type(move) for move in moves_of(strategy.plan, facts)}
            assert (WeightScales in attempted) is expected
            assert (LeastSquares in attempted) is not expected
