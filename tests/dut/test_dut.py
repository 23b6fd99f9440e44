"""The board under MLPerf Tiny's protocol says what the host's kernels say."""

import numpy as np
import pytest
from dut_client import READY
from dut_results import FILES, expected_results, random_samples, real_samples, results_of

from mendlite.tflite.reader import read_file
from tiny_models import build, dense_spec


@pytest.mark.parametrize("name", FILES)
def test_results_of_the_benchmarks(name, data_root, switch_on):
    path = data_root / "models" / FILES[name]
    samples = real_samples(name, data_root)
    board = switch_on(path)
    board.greeting()
    assert board.profile()[1] == name
    assert results_of(board, samples) == expected_results(name, read_file(path), samples)


@pytest.mark.parametrize("name", FILES)
def test_results_of_small_networks(name, small_models, switch_on):
    samples = random_samples(name)
    board = switch_on(small_models[name])
    board.greeting()
    expected = expected_results(name, read_file(small_models[name]), samples)
    assert results_of(board, samples) == expected
    assert len(set(expected)) > 1


@pytest.fixture
def half_steps(tmp_path):
    """A file of a network of sound whose input has steps of 0.5, and 0 far from their middle."""
    spec = dense_spec(inputs=640, classes=640)
    spec.tensors[0].scale, spec.tensors[0].zero_point = [0.5], [89]
    spec.tensors[2].scale = [0.5 * 0.01]
    path = tmp_path / "half_steps.tflite"
    path.write_bytes(build(spec))
    return path


def test_sound_is_rounded_before_the_zero_point_is_added(half_steps, switch_on):
    # Half of these lie in the middle of two steps; small ones, for none of the sums to saturate.
    samples = (np.random.default_rng(3).integers(-4, 5, (4, 640)) / 4).astype("<f4")
    board = switch_on(half_steps)
    board.greeting()
    assert results_of(board, samples) == expected_results("ad01", read_file(half_steps), samples)


@pytest.mark.parametrize("value", [0.249999985, -0.249999985, 63.75, -2000, 1e30, -1e30])
def test_sound_next_to_a_tie_and_out_of_range(value, half_steps, switch_on):
    samples = np.full((1, 640), value, "<f4")
    board = switch_on(half_steps)
    board.greeting()
    # Four million stands for all that is more.
    expected = ["4000000.000"]
    if abs(value) < 1e6:
        expected = expected_results("ad01", read_file(half_steps), samples)
    assert results_of(board, samples) == expected


def test_performance_mode(small_models, switch_on):
    board = switch_on(small_models["kws01"])
    board.greeting()
    sample = random_samples("kws01")[0]
    board.load(sample.tobytes())
    before = board.timestamp()
    once, often = board.infer(1, 0), board.infer(10, 2)
    kinds = [line.rstrip("0123456789") for line in often.lines]
    assert kinds[:6] == ["m-warmup-start-", "m-warmup-done", "m-infer-start-", "m-lap-us-",
                         "m-lap-us-", "m-infer-done"]  # fmt: skip
    assert (often.lines[0], often.lines[2]) == ("m-warmup-start-2", "m-infer-start-10")
    assert [line.split("[")[0] for line in often.lines[6:]] == ["m-results-", READY]
    assert len(often.laps) == 2
    assert before <= once.laps[0] <= once.laps[1] <= often.laps[0] < often.laps[1]
    assert once.results == often.results == board.results()


def test_results_need_an_inference(small_models, switch_on):
    board = switch_on(small_models["kws01"])
    board.greeting()
    sample = random_samples("kws01")[0].tobytes()
    for _ in range(2):
        board.load(sample)
        assert board.command("results")[0].startswith("e-[")
        assert board.infer(1, 0).results == board.results()
