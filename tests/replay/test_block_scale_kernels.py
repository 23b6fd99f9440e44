"""Dense layers with a scale for each block: as XNNPACK computes them, or not at all."""

from pathlib import Path

import numpy as np
import pytest

from block_models import pair, specs
from mendlite.arith.block_scales import bfloat16, quantize_rows
from mendlite.checker.evaluate import evaluate, evaluate_fast
from mendlite.checker.graph import read_graph
from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.packages import LITERT, is_installed
from mendlite.replay.collect import collect
from mendlite.replay.interpreter import InterpreterRunner, Resolver
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from mendlite.tflite.reader import read
from tiny_models import build

RUNTIMES = {runtime.name: runtime for runtime in installed()}

MODELS = {
    "blocks of 32": {},
    "blocks of 64": {"block": 64, "sizes": (128, 64, 5)},
    "one block a row": {"block": 96, "sizes": (96, 7)},
    "no activation": {"activation": 0},
    "RELU_N1_TO_1": {"activation": 2},
    "RELU6": {"activation": 3},
    "one channel": {"sizes": (64, 1)},
    "several rows": {"rows": 3},
    "float layers between": {"blocked": (0, 2)},
}

ONE_ROW = [name for name, made in MODELS.items() if made.get("rows", 1) == 1]


def blockwise(name):
    return read(pair(**MODELS[name])[1])


def inputs(model, count=40):
    """Rows of both signs, of one, of zeros, and of large values."""
    rows, width = model.tensors[0].shape
    x = np.random.default_rng(3).normal(size=(count, width)).astype(np.float32)
    x[: count // 4] = np.abs(x[: count // 4])
    x[count // 4 : count // 2] *= -100
    x[-1] = 0
    return [x[: count - count % rows]]


def ours(model, x, profile=Profile.TFLM):
    runner = ReferenceRunner(model=model, profile=profile)
    return collect(runner, x, list(model.outputs))[model.outputs[0]]


@pytest.mark.skipif("litert" not in RUNTIMES, reason="XNNPACK comes with LiteRT")
@pytest.mark.parametrize("name", ONE_ROW)
def test_xnnpack_computes_our_values(name):
    model = blockwise(name)
    x = inputs(model)
    theirs = collect(RUNTIMES["litert"].runner(model), x, list(model.outputs))[model.outputs[0]]
    own = ours(model, x)
    if name == "float layers between":  # float sums have no order
        assert np.abs(theirs - own).max() <= 0.02 * np.abs(own).max()
        return
    # Processors add the parts of a block in orders of their own.
    apart = np.abs(theirs - own)
    assert apart.max() <= 2e-6 * np.abs(own).max()
    # In tiles of AMX XNNPACK's order is not ours.
    last_bits = 4 if "amx_int8" in Path("/proc/cpuinfo").read_text() else 0
    assert np.mean(apart <= last_bits * np.spacing(np.abs(own))) > 0.9


@pytest.mark.parametrize("name", ONE_ROW)
def test_the_profiles_and_the_checker_compute_the_same_bytes(name):
    model = blockwise(name)
    x = inputs(model)
    own = ours(model, x)
    assert np.array_equal(own, ours(model, x, Profile.TFLITE_REF))
    if name == "float layers between":
        return
    graph = read_graph(model.data)
    for run in (evaluate, evaluate_fast):
        values = run(graph, "tflm", x, list(model.outputs))
        assert values[model.outputs[0]].tobytes() == own.tobytes()


@pytest.mark.parametrize("runtime", [n for n in RUNTIMES if n != "litert"])
def test_other_runtimes_are_refused_by_operator(runtime):
    model, chosen = blockwise("blocks of 32"), RUNTIMES[runtime]
    assert "operator 0 FULLY_CONNECTED has a scale for each block" in chosen.why_not(model)
    with pytest.raises(UnsupportedModelError, match="which LiteRT's XNNPACK alone reads"):
        collect(chosen.runner(model), inputs(model), list(model.outputs))


@pytest.mark.skipif(not is_installed(LITERT), reason="needs LiteRT")
@pytest.mark.parametrize("resolver", [Resolver.REF, Resolver.BUILTIN])
def test_other_kernels_of_litert_are_refused_by_operator(resolver):
    model = blockwise("blocks of 32")
    runner = InterpreterRunner(model=model, resolver=resolver, module=LITERT)
    with pytest.raises(UnsupportedModelError, match="which LiteRT's XNNPACK alone reads"):
        collect(runner, inputs(model), list(model.outputs))


REFUSED = {
    "blocks of 16": (lambda: specs((64, 8), block=16)[1], "a scale for each 16 weights"),
    "blocks of 48": (lambda: specs((96, 8), block=48)[1], "a scale for each 48 weights"),
    "TANH": (lambda: specs((64, 8, 32, 3), activation=4)[1], "a scale for each block"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_xnnpack_does_not_run_no_interpreter_runs_either(what):
    make, message = REFUSED[what]
    model = read(build(make()))
    with pytest.raises(UnsupportedModelError, match=f"FULLY_CONNECTED: .*{message}"):
        ours(model, inputs(model))


def test_integer_activations_have_no_such_kernel():
    spec = specs((64, 8))[1]
    for place in (0, 3):
        tensor = spec.tensors[place]
        tensor.type, tensor.scale, tensor.zero_point = "INT8", [0.1], [0]
    bias = spec.tensors[2]
    bias.type, bias.data, bias.scale = "INT32", bias.data.astype("<i4"), [1.0]
    model = read(build(spec))
    with pytest.raises(UnsupportedModelError, match="float activations alone"):
        collect(
            ReferenceRunner(model=model, profile=Profile.TFLM), [np.zeros((1, 64), np.int8)], [3]
        )


def test_bfloat16_rounds_halves_to_even():
    exact = np.array([1.0, 1 + 2**-7, 1 + 2**-8, 1 + 3 * 2**-8, 2**-24])
    assert bfloat16(exact).tolist() == [1.0, 1 + 2**-7, 1.0, 1 + 2**-6, 2**-24]


def test_the_range_of_a_row_includes_zero():
    rows = np.array([[1, 2, 3], [-3, -1, -2], [0, 0, 0], [-1, 0, 1]], np.float32)
    stored, step, zero = quantize_rows(rows)
    assert zero.tolist() == [-128, 127, 127, 0]
    real = (stored.astype(np.float64) - zero[:, None]) * step[:, None]
    assert np.abs(real - rows).max() <= step.max() / 2 + 1e-6


@pytest.mark.data
def test_the_public_file_gives_what_litert_gives(data_root):
    path = data_root.parent / "corpus" / "files"
    model = read((path / "google-ai-edge+LiteRT__qwen_fc_blockwise_quantized.tflite").read_bytes())
    x = [np.random.default_rng(0).normal(size=(20, 1, 1024)).astype(np.float32)]
    own = ours(model, x)
    assert own.shape == (20, 1, 1024)
    assert np.abs(own).max() > 1
    if "litert" in RUNTIMES:
        theirs = collect(RUNTIMES["litert"].runner(model), x, [2])[2]
        assert np.abs(theirs - own).max() <= 2e-6 * np.abs(own).max()


@pytest.mark.skipif("litert" not in RUNTIMES, reason="XNNPACK comes with LiteRT")
def test_litert_is_not_compared_where_xnnpack_rounds_other_layers_in_its_own_way():
    spec = specs((64, 32, 8), blocked=(0,))[1]
    weights = spec.tensors[4]
    weights.type, weights.scale, weights.zero_point = "INT8", [0.01] * 8, [0] * 8
    weights.data = np.ones((8, 32), np.int8)
    why = RUNTIMES["litert"].why_not(read(build(spec)))
    assert "operator 0 FULLY_CONNECTED has a scale for each block" in why
    assert "the inputs of layers with other integer weights" in why
    assert RUNTIMES["litert"].why_not(blockwise("float layers between")) == ""
