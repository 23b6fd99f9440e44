"""What a replay holds is known before it starts, and bounded."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from small_models import Given, constant, model

from mendlite.checker.graph import read_graph
from mendlite.checker.prepare import require_prepared
from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.prepare.memory import sample_bytes
from mendlite.prepare.model import prepare_model
from mendlite.replay.registry import RUNNERS, make_runner
from mendlite.tflite.reader import read
from tiny_models import (
    ModelSpec,
    OpSpec,
    TensorSpec,
    build,
    conv_spec,
    transpose_conv_spec,
)

GREEDY = {
    "an output of 2^31": model(
        "PAD", [Given((1, 4)), constant([[0, 0], [0, 2**31 - 5]])], Given((1, 2**31 - 1))
    ),
    "a padding of 8 GB": conv_spec(dilation=(2**30, 1)),
    "a large resizing": model("RESIZE_NEAREST_NEIGHBOR", [Given((1, 1, 1, 1)), constant([1, 2**31 - 1])],
                              Given((1, 1, 2**31 - 1, 1)), "ResizeNearestNeighborOptions"),
    "a large bilinear resizing": model("RESIZE_BILINEAR", [Given((1, 1, 1, 1)), constant([1, 2**31 - 1])],
                                       Given((1, 1, 2**31 - 1, 1)), "ResizeBilinearOptions"),
    "many copies": model("TILE", [Given((1, 4)), constant([1, 2**29 - 1])], Given((1, 2**31 - 4))),
    "large matrices": model("BATCH_MATMUL", [Given((1, 2**10, 2**14)), Given((1, 2**14, 2**13))],
                            Given((1, 2**10, 2**13)), "BatchMatMulOptions"),
    "a large product": model("MUL", [Given((1, 2**16, 1)), Given((1, 1, 2**14))],
                             Given((1, 2**16, 2**14)), "MulOptions"),
}  # fmt: skip


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", list(GREEDY))
def test_a_small_file_that_asks_for_gigabytes(name, runner):
    data = build(GREEDY[name])
    assert len(data) < 2000
    parsed = read(data)
    x = [np.zeros((1, *parsed.tensors[i].shape[1:]), np.int8) for i in parsed.inputs]
    tracemalloc.start()
    with pytest.raises(UnsupportedModelError, match=r"operator 0 \w+ needs [\d,]+ bytes"):
        list(make_runner(runner, parsed, Profile.TFLM).run(x, parsed.outputs))
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_a_layer_whose_output_has_no_axes_is_refused():
    spec = conv_spec(depthwise=True)
    spec.tensors[3] = replace(spec.tensors[3], shape=())
    parsed = read(build(spec))
    assert sample_bytes(parsed, parsed.operators)[0] > 0
    with pytest.raises(MalformedModelError, match="operator 0 DEPTHWISE_CONV_2D"):
        prepare_model(parsed, Profile.TFLM)


def test_a_model_of_very_many_operators_is_refused():
    base = read(build(conv_spec()))
    parsed = replace(base, operators=base.operators * 16385)
    with pytest.raises(UnsupportedModelError, match="has 16,385 operators and 1 inputs"):
        prepare_model(parsed, Profile.TFLM)


def test_an_arena_of_many_large_tensors_is_refused():
    """Each operator's own tensors fit, all side by side do not."""
    shape = (1, 2**24)
    tensors = [TensorSpec(f"t{i}", shape, scale=[0.1], zero_point=[0]) for i in range(200)]
    ops = [OpSpec("RELU", [i], [i + 1]) for i in range(199)]
    parsed = read(build(ModelSpec(tensors, ops, [0], [199])))
    prepare_model(parsed, Profile.TFLM)
    with pytest.raises(UnsupportedModelError, match=r"an arena of 3,\d+,\d+,\d+ bytes"):
        x = np.zeros(shape, np.int8)
        list(make_runner("tflm", parsed, Profile.TFLM).run([x], [199]))


@pytest.mark.parametrize("name", ["an output of 2^31", "a padding of 8 GB"])
def test_the_checker_refuses_it_too(name):
    graph = read_graph(build(GREEDY[name]))
    with pytest.raises(UnsupportedModelError, match=r"one sample needs [\d,]+ bytes"):
        require_prepared(graph, "tflm", graph.ops)


def test_a_replay_of_years_is_refused():
    spec = conv_spec(size=(1, 1), kernel=(1, 1))
    spec.tensors[0].shape = (1, 2**12, 2**12, 3)
    spec.tensors[1].shape, spec.tensors[3].shape = (4, 2**8, 2**8, 3), (1, 2**12, 2**12, 4)
    spec.tensors[1].data = np.zeros((4, 2**8, 2**8, 3), np.int8)
    with pytest.raises(UnsupportedModelError, match="products a sample"):
        prepare_model(read(build(spec)), Profile.TFLM)


@pytest.mark.parametrize(
    "spec",
    [
        conv_spec(size=(200, 200), channels=8, filters=8, kernel=(5, 5)),
        conv_spec(size=(200, 200), channels=8, filters=16, depthwise=True),
        conv_spec(size=(64, 64), dilation=(60, 60), channels=8),
        transpose_conv_spec(size=(64, 64), stride=(8, 8), kernel=(3, 3)),
    ],
)
def test_the_bound_covers_what_a_sample_takes(spec):
    parsed = read(build(spec))
    bound, _ = sample_bytes(parsed, parsed.operators)
    index = parsed.inputs[0]
    x = np.zeros((1, *parsed.tensors[index].shape[1:]), np.int8)
    runner = make_runner("reference", parsed, Profile.TFLM)
    list(runner.run([x], parsed.outputs))
    tracemalloc.start()
    list(runner.run([x], parsed.outputs))
    assert tracemalloc.get_traced_memory()[1] < bound + 2**20
    tracemalloc.stop()
