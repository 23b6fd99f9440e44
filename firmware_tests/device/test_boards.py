"""Every board under QEMU gives the very bytes of the host's kernels of the same rounding profile."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import curve_models
from computing_models import spec_of
from int4_models import SPECS, with_int4
from int16_models import int16x8
from mendlite.case.preprocess import quantized_inputs
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.device.runner import DeviceRunner
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.targets.load import load_target
from mendlite.targets.samples import load_samples
from mendlite.tflite.reader import read, read_file
from random_inputs import random_inputs
from streaming_models import delay_spec, recurrent_spec, streaming_spec
from tiny_models import build, conv_spec, dense_spec, transpose_conv_spec
from uint8_models import as_uint8, uint8_network_spec, uint8_transposed_spec

BOARDS = (
    "mps2-an385",
    "mps2-an386",
    "mps2-an386-semihosting",
    "mps2-an500",
    "mps2-an505",
    "mps3-an547",
    "netduinoplus2",
    "lm3s6965evb",
    "riscv-virt",
    "host",
)

LARGE = ("mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547", "netduinoplus2", "riscv-virt")
"""Boards that the four models of MLPerf Tiny run on: M4, M7, M33, M55, M4 in place, RISC-V."""

MODELS = {"mlperf_ic": 3, "mlperf_kws": 12, "mlperf_vww": 1, "mlperf_ad": 20}
"""Real inputs for each; tools/bench_device.py runs a hundred and more."""

SMALL_FLASH = {"mps3-an547": 256 * 1024}

pytestmark = [pytest.mark.device, pytest.mark.slow]


def load(name, count):
    data = os.environ.get("MENDLITE_DATA")
    target = load_target(name, data_root=Path(data) if data else None)
    model = read_file(target.models.int8.path)
    samples = load_samples(target, 0).validation.some(count)
    return model, [np.asarray(x) for x in quantized_inputs(target.inputs, samples, model)]


def same(board, model, profile, inputs, tensors):
    runner = DeviceRunner(model=model, profile=profile, boards=(board,))
    found = collect(runner, inputs, tensors)
    wanted = collect(ReferenceRunner(model=model, profile=profile), inputs, tensors)
    return {t: np.array_equal(found[t], wanted[t]) for t in tensors}


def shown(model):
    """Tensors that hold a sample's values: not those that compute a shape."""
    return [o.outputs[0] for o in model.operators if o.op not in {"SHAPE", "STRIDED_SLICE", "PACK"}]


@pytest.mark.parametrize("name", BOARDS)
def test_every_tensor_under_every_profile(open_board, name):
    model, inputs = load("digits", 4)
    board = open_board(name)
    for profile in Profile:
        assert all(same(board, model, profile, inputs, shown(model)).values())


@pytest.mark.parametrize("name", ["mps2-an386", "riscv-virt"])
def test_int4_weights(open_board, name):
    board = open_board(name)
    for make, places in SPECS.values():
        model = read(with_int4(make(), *places)[0])
        shape = model.tensors[model.inputs[0]].shape[1:]
        inputs = [np.random.default_rng(0).integers(-128, 128, (4, *shape)).astype(np.int8)]
        assert all(same(board, model, Profile.TFLM, inputs, shown(model)).values())


COMPUTING = ("minimum", "squared difference", "prelu", "largest", "position", "product")
CURVES = ("LEAKY_RELU", "HARD_SWISH", "ELU", "GELU", "EXP", "LOG", "SQRT", "RSQRT")


@pytest.mark.parametrize("name", ["mps2-an386", "riscv-virt"])
def test_operators_of_any_axis_and_curves(open_board, name):
    board = open_board(name)
    curves = [curve_models.spec(op, (0.05129, 0.03719), (-128, -10)) for op in CURVES]
    specs = [*(spec_of(one, "INT8") for one in COMPUTING), *curves, as_uint8(curves[1])]
    for spec in specs:
        model = read(build(spec))
        assert all(same(board, model, Profile.TFLM, random_inputs(model, 3), shown(model)).values())


@pytest.mark.parametrize("name", ["mps2-an386", "riscv-virt"])
def test_layers_of_uint8_and_int16(open_board, name):
    board = open_board(name)
    wide = [int16x8(make()) for make in (conv_spec, dense_spec, transpose_conv_spec)]
    wide.append(int16x8(conv_spec(depthwise=True)))
    for spec in (*wide, uint8_network_spec(), uint8_transposed_spec()):
        model = read(build(spec))
        for profile in Profile:
            assert all(same(board, model, profile, random_inputs(model, 3), shown(model)).values())


def recordings_are_the_hosts(board, model, count):
    shape = model.tensors[model.inputs[0]].shape[1:]
    rng = np.random.default_rng(0)
    x = [rng.integers(-128, 128, (count * model.frames, *shape)).astype(np.int8)]
    numbers = [t for t in range(len(model.tensors)) if model.tensors[t].dtype.numpy is not None]
    written = [t for o in model.operators for t in o.outputs if t in numbers]
    assert all(same(board, model, Profile.TFLM, x, written).values())


@pytest.mark.parametrize("name", ["mps2-an386", "riscv-virt"])
def test_variables(open_board, name):
    board = open_board(name)
    for spec in (streaming_spec(), recurrent_spec(), delay_spec()):
        recordings_are_the_hosts(board, replace(read(build(spec)), frames=5), 3)


@pytest.mark.data
@pytest.mark.parametrize("name", ["mps2-an386", "riscv-virt"])
def test_a_public_wake_word(open_board, name):
    files = Path(os.environ["MENDLITE_DATA"]).parent / "corpus" / "files"
    (path,) = files.glob("*okay_nabu.tflite")
    model = replace(read(path.read_bytes()), frames=20)
    recordings_are_the_hosts(open_board(name), model, 2)


@pytest.mark.data
@pytest.mark.parametrize("target", MODELS)
@pytest.mark.parametrize("name", LARGE)
def test_mlperf_tiny(open_board, name, target):
    model, inputs = load(target, MODELS[target])
    # What is large is preloaded into an emulated flash where it fits: its upload is timed elsewhere.
    in_place = target in {"mlperf_vww", "mlperf_ad"} and name not in SMALL_FLASH
    board = open_board(name, in_place=in_place or name == "netduinoplus2")
    assert all(same(board, model, Profile.TFLM, inputs, list(model.outputs)).values())


def test_another_rounding_is_noticed(open_board):
    model, inputs = load("digits", 12)
    board = open_board("mps2-an386")
    runner = DeviceRunner(model=model, profile=Profile.SINGLE, boards=(board,))
    found = collect(runner, inputs, shown(model))
    wanted = collect(ReferenceRunner(model=model, profile=Profile.TFLM), inputs, shown(model))
    assert not all(np.array_equal(found[t], wanted[t]) for t in found)
