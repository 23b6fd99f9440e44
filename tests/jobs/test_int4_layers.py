"""What doctor says of int4 weights: each interpreter is tried, and what it lacks is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from mendlite.jobs import int4_layers
from mendlite.jobs.int4_layers import int4_lines
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from mendlite.tflite.reader import read_file

DIGITS = Path(__file__).parents[2] / "targets" / "models" / "digits" / "int8.tflite"
KINDS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """A process of its own for each is tested in tests/replay."""
    monkeypatch.setattr(int4_layers, "isolated", lambda runtime, model: runtime.runner(model))


@pytest.fixture(scope="module")
def model():
    return read_file(DIGITS)


def test_a_layer_of_each_kind_has_int4_weights_with_a_scale_a_channel(model):
    layers = int4_layers.int4_layers(model)
    assert set(layers) == KINDS
    for one in layers.values():
        (layer,) = one.layers
        weights = one.tensors[layer.weights]
        assert weights.dtype.value == "INT4"
        assert weights.quant.scale.size == layer.channels


def test_each_interpreter_runs_it_or_the_line_names_what_it_lacks(model):
    runtimes = installed()
    lines = int4_lines(model, runtimes)
    for runtime in runtimes:
        line = lines[runtime.kernels]
        assert "differs" not in line
        lacking = "no kernel for FULLY_CONNECTED with a scale a channel" in line
        assert lacking == (runtime.name in {"tflm", "tflite-runtime"})


def test_other_kernels_are_noticed(model, monkeypatch):
    def with_another_step(runtime, one):
        (layer,) = one.layers
        tensors = list(one.tensors)
        quant = tensors[layer.output].quant
        tensors[layer.output] = replace(
            tensors[layer.output], quant=replace(quant, scale=quant.scale / 2)
        )
        changed = replace(one, tensors=tuple(tensors))
        return ReferenceRunner(model=changed, profile=runtime.profile)

    monkeypatch.setattr(int4_layers, "isolated", with_another_step)
    for line in int4_lines(model, installed()).values():
        assert line.count("differs from our kernels") == 1
        assert "as our kernels" not in line


def test_without_another_interpreter_nothing_looks_instead(model):
    alone = [r for r in installed() if r.name == "tflm"]
    for line in int4_lines(model, alone).values():
        assert line.endswith("nothing here looks instead")
