"""The board under MLPerf Tiny's protocol says what the host's kernels say."""

import itertools
import os
import random
import signal
import subprocess
import sys

import numpy as np
import pytest
from dut_boards import INPUTS, TOOLCHAIN
from dut_client import READY, Dut, PortLine

from built_firmware import built
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.targets.device import device_of
from mendlite.tflite.reader import read_file
from tiny_models import build, dense_spec
from waiting import HANG

FILES = {
    "ic01": "mlperf_ic/pretrainedResnet_quant.tflite",
    "kws01": "mlperf_kws/kws_ref_model.tflite",
    "vww01": "mlperf_vww/vww_96_int8.tflite",
    "ad01": "mlperf_ad/ad01_int8.tflite",
}
"""Under the data's models/."""


# What the board is to say


def quantized(values, tensor):
    """As the benchmark's own code: rounded half away from zero, then the zero point added."""
    scaled = values / np.float32(tensor.quantization().scale[0])
    whole = np.trunc(scaled)
    rounded = whole + np.sign(scaled) * (np.abs(scaled - whole) >= 0.5)
    return np.clip(rounded + tensor.quantization().zero_point[0], -128, 127).astype(np.int8)


def model_inputs(name, model, samples):
    """What the benchmark makes of the samples' bytes, in the shape of the model's input."""
    tensor = model.tensors[model.inputs[0]]
    if name == "ad01":
        values = quantized(samples, tensor)
    elif name == "kws01":
        values = samples
    else:
        values = (samples.astype(np.int16) - 128).astype(np.int8)
    return values.reshape(len(samples), *tensor.shape[1:])


def printed(values):
    return ",".join(f"{float(v):.3f}" for v in values)


def expected_results(name, model, samples):
    """The results of each sample, as printed."""
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    output = model.outputs[0]
    found = collect(runner, [model_inputs(name, model, samples)], [output])[output]
    q = model.tensors[output].quantization()
    real = (found.astype(np.int32) - q.zero_point[0]).astype(np.float32) * np.float32(q.scale[0])
    real = real.reshape(len(samples), -1)
    if name != "ad01":
        return [printed(row) for row in real]
    squares = (real - samples) ** 2
    # One float32 sum from the first to the last, as the board's; numpy's own sum adds in pairs.
    sums = np.cumsum(squares, axis=1, dtype=np.float32)[:, -1]
    return [printed([mean]) for mean in sums / np.float32(squares.shape[1])]


# Samples, as their bytes go over the line


def real_samples(name, data_root):
    if name == "kws01":
        return np.load(data_root / "kws01" / "kws01.npz")["features"][:40]
    if name == "ad01":
        path = data_root / "toycar_sample" / "normal_id_01_00000000_hist_librosa.bin"
        recording = np.fromfile(path, "<f4")
        # Five frames of 128 bands, each window a frame further on.
        return np.stack([recording[128 * n : 128 * n + 640] for n in range(5)])
    images = np.load(data_root / "cifar10" / "test.npz")["images"][:10]
    if name == "ic01":
        return images
    return images[:2].repeat(3, axis=1).repeat(3, axis=2)


def random_samples(name, count=6):
    rng = np.random.default_rng(7)
    if name == "ad01":
        return rng.normal(0, 4, (count, INPUTS[name])).astype("<f4")
    kind = np.int8 if name == "kws01" else np.uint8
    bounds = np.iinfo(kind)
    return rng.integers(bounds.min, bounds.max, (count, INPUTS[name]), kind, endpoint=True)


def results_of(board, samples):
    """Accuracy mode: each sample loaded and inferred once."""
    results = []
    for sample in samples:
        board.load(sample.tobytes())
        results.append(board.infer(1, 0).results)
    return results


# Accuracy and performance mode


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


# Through a terminal, and under QEMU


@pytest.fixture
def terminal(firmware):
    """Starts ``mendlite device pty``; gives the path of the terminal and the process."""
    started = []

    def make(model):
        words = [sys.executable, "-m", "mendlite", "device", "pty", "qemu:host", "--model", model]
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "MENDLITE_FIRMWARE": str(firmware), "PYTHONPATH": str(TOOLCHAIN)},
        )
        started.append(process)
        # qemu:host is on /dev/pts/3; Ctrl-C ends it
        return process.stdout.readline().split(" is on ")[1].split(";")[0], process

    yield make
    for process in started:
        process.kill()
        process.communicate()


def talk_over_terminal(path, name, model, samples):
    line = PortLine(path)
    try:
        board = Dut(line)
        assert board.name() == "mendlite"
        assert board.profile()[1] == name
        assert results_of(board, samples) == expected_results(name, read_file(model), samples)
        assert len(board.infer(10, 2).laps) == 2
    finally:
        line.close()


def test_terminal(small_models, terminal):
    path, process = terminal(small_models["kws01"])
    samples = random_samples("kws01", 2)
    # A program may go and another one come.
    for sample in samples:
        talk_over_terminal(path, "kws01", small_models["kws01"], sample[None])
    process.send_signal(signal.SIGINT)
    assert process.wait(HANG) != 0


@pytest.mark.slow
def test_terminal_with_a_benchmark(data_root, terminal):
    model = data_root / "models" / FILES["kws01"]
    path, _process = terminal(model)
    talk_over_terminal(path, "kws01", model, real_samples("kws01", data_root)[:5])


@pytest.fixture(scope="session")
def cortex_m4():
    """A folder with the firmware of QEMU's Cortex-M4 board."""
    return built("mps2-an386")


def talk_to_qemu(name, path, samples):
    board = ConnectedBoard(device=device_of("qemu:mps2-an386", None))
    board.load(read_file(path), Profile.TFLM)
    line = board.release()
    try:
        dut = Dut(line)
        dut.skip()
        assert dut.profile()[1] == name
        assert results_of(dut, samples) == expected_results(name, read_file(path), samples)
        laps = dut.infer(10, 2).laps
        assert laps[0] <= laps[1]  # the emulated clock may stand still
    finally:
        line.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kws01", "ad01"])
def test_small_network_on_qemu(name, small_models, cortex_m4, monkeypatch):
    monkeypatch.setenv("MENDLITE_FIRMWARE", str(cortex_m4))
    talk_to_qemu(name, small_models[name], random_samples(name, 3))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kws01", "ad01"])
def test_benchmark_on_qemu(name, data_root, cortex_m4, monkeypatch):
    monkeypatch.setenv("MENDLITE_FIRMWARE", str(cortex_m4))
    talk_to_qemu(name, data_root / "models" / FILES[name], real_samples(name, data_root)[:3])


# Text and frames on one line


@pytest.fixture(scope="session")
def network(small_models):
    return read_file(small_models["kws01"])


def run_frames(board, model, samples):
    """Results of the framed protocol, as bytes."""
    board.load(model, Profile.TFLM)
    return board.run(samples.tobytes(), len(samples), (), 12)


def framed_results(model, samples):
    runner = ReferenceRunner(model=model, profile=Profile.TFLM)
    output = model.outputs[0]
    inputs = model_inputs("kws01", model, samples)
    return [row.tobytes() for row in collect(runner, [inputs], [output])[output]]


def test_text_before_and_after_frames(network, open_board):
    samples = random_samples("kws01")
    board, line = open_board()
    dut = Dut(line)
    assert dut.greeting() == ["m-init-done", READY]
    assert dut.profile()[1] == "none"
    for _ in range(2):
        assert run_frames(board, network, samples) == framed_results(network, samples)
        board.release()
        assert dut.profile()[1] == "kws01"
        assert dut.command("results")[0].startswith("e-[")
        assert results_of(dut, samples) == expected_results("kws01", network, samples)


def test_text_between_runs_does_no_harm(network, open_board):
    samples = random_samples("kws01")
    board, line = open_board()
    wanted = framed_results(network, samples)
    for text in (b"name%profile%timestamp%", b"db load 490%db 00%", b"infer%results%db print%",
                 b"no such thing%%%", b"half a comm"):  # fmt: skip
        assert run_frames(board, network, samples) == wanted
        line.write(text)
    assert run_frames(board, network, samples) == wanted


def test_a_zero_byte_cuts_text_from_the_frame_after_it(open_board):
    board, line = open_board()
    dut = Dut(line)
    dut.greeting()
    for _ in range(2):
        assert dut.name() == "mendlite"
        heard = Heard(line)
        board.open_line = lambda _device, _model, heard=heard: heard
        board.ping()
        board.release()
        assert heard.data.startswith(b"\0")


class Heard:
    """A line that keeps what came over it."""

    def __init__(self, line):
        self._line, self.data = line, b""

    def read(self, wait):
        data = self._line.read(wait)
        self.data += data
        return data

    def __getattr__(self, name):
        return getattr(self._line, name)


class Interrupted:
    """A line on which a text command comes before much of what the host sends.

    Not before all: the host sends again what a text's reply came before, as if it were damaged.
    """

    def __init__(self, line, commands):
        self._line, self._commands = line, itertools.cycle(commands)

    def write(self, data):
        self._line.write(next(self._commands) + data)

    def __getattr__(self, name):
        return getattr(self._line, name)


def test_text_between_frames_does_no_harm(network, open_board):
    samples = random_samples("kws01", 200)
    board, line = open_board()
    texts = (b"name%", b"timestamp%", b"infer%", b"results%", b"db print%", b"oops%", b"%")
    commands = [word for text in texts for word in (text, b"", b"")]
    board.open_line = lambda _device, _model: Interrupted(line, commands)
    assert run_frames(board, network, samples) == framed_results(network, samples)
    # Text is no damage, though a frame that it breaks in two is.
    assert board.traffic.damaged < 7


def damaged(command, rng):
    """A command with a few characters lost, doubled or changed; its end stays."""
    letters = list(command)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(letters))
        letters[at] = rng.choice(["", 2 * letters[at], rng.choice("az09 [-]\r\n~")])
        letters = [letter for letter in letters if letter] or ["x"]
    return "".join(letters)


def test_damaged_text_is_answered(small_models, switch_on):
    board = switch_on(small_models["kws01"])
    board.greeting()
    rng = random.Random(5)  # noqa: S311 - the same damage each time
    commands = ("name", "profile", "db load 490", "db 0123456789abcdef", "infer 1 0", "db print")
    for _ in range(400):
        lines = board.command(damaged(rng.choice(commands), rng))
        assert lines[-1] == READY
    samples = random_samples("kws01", 2)
    expected = expected_results("kws01", read_file(small_models["kws01"]), samples)
    assert results_of(board, samples) == expected


@pytest.mark.parametrize(
    "noise", [b"\xff\x00", b"\x80name%\x00", b"x" * 81 + b"%\x00", b"\x00\x00"]
)
def test_a_zero_byte_ends_noise(noise, network, open_board):
    board, line = open_board()
    dut = Dut(line)
    dut.greeting()
    line.write(noise)
    dut.skip()
    assert dut.name() == "mendlite"
    samples = random_samples("kws01", 2)
    assert run_frames(board, network, samples) == framed_results(network, samples)
