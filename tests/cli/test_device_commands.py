"""The device commands against the firmware as a process on this computer, and under QEMU."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ready_commands
from built_firmware import ROOT, built
from main_in_process import run_main
from mendlite.errors import UnsupportedModelError
from mendlite.model.device import Device
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.loading import PROFILES
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read_file
from random_inputs import random_inputs
from signature_models import two
from tiny_models import build
from waiting import HANG, is_running, until

MODEL = ROOT / "targets" / "models" / "digits" / "int8.tflite"

pytestmark = pytest.mark.device


@pytest.fixture(scope="module")
def run():
    """Runs a command; its exit code, output and errors."""
    environment = dict(os.environ, MENDLITE_FIRMWARE=str(built("host")), COLUMNS="200")

    def run_(*words, **more):
        done = ready_commands.run(words, environment=environment | more)
        return done.returncode, done.stdout, done.stderr

    return run_


def one_line(errors):
    assert len(errors.strip().splitlines()) == 1, errors
    assert "Traceback" not in errors
    return errors


def test_list_names_emulated_boards_and_whether_their_firmware_is_built(run, tmp_path):
    code, out, _ = run("device", "list")
    assert code == 0
    assert "qemu:host" in out
    assert "firmware built" in out
    code, out, _ = run("device", "list", MENDLITE_FIRMWARE=str(tmp_path))
    assert "firmware built" not in out
    assert "make firmware BOARD=" in out


def test_ping_and_info(run):
    code, out, _ = run("device", "ping", "qemu:host", "--count", "3")
    assert code == 0
    assert "3 responses" in out
    code, out, _ = run("device", "info", "qemu:host")
    assert code == 0
    assert "mendlite-int8" in out
    assert "patch" in out


def test_infer_gives_the_host_kernels_outputs_and_tensors(run, tmp_path):
    model = read_file(MODEL)
    entry = model.tensors[model.inputs[0]]
    generator = np.random.default_rng(3)
    inputs = generator.integers(-128, 128, (9, *entry.shape[1:]), dtype=np.int8)
    np.save(tmp_path / "x.npy", inputs)
    inner = model.operators[2].outputs[0]
    code, out, _ = run(
        "device", "infer", "qemu:host", MODEL, "--inputs", tmp_path / "x.npy",
        "--tensor", inner, "--out", tmp_path / "y.npz",
    )  # fmt: skip
    assert code == 0, out
    wanted = collect(
        ReferenceRunner(model=model, profile=Profile.TFLM), [inputs], [*model.outputs, inner]
    )
    found = np.load(tmp_path / "y.npz")
    for tensor, values in wanted.items():
        assert np.array_equal(found[f"tensor_{tensor}"], values)


def test_infer_compares_with_the_host_and_shows_how_sure_it_is(run, tmp_path, monkeypatch, capsys):
    entry = read_file(MODEL).tensors[read_file(MODEL).inputs[0]]
    generator = np.random.default_rng(4)
    shape = (300, *entry.shape[1:])
    np.save(tmp_path / "x.npy", generator.integers(-128, 128, shape, dtype=np.int8))
    words = ("device", "infer", "qemu:host", MODEL, "--inputs", tmp_path / "x.npy", "--compare")
    code, out, _ = run(*words)
    assert code == 0
    # 1 - (1 - 0.95) / 2 = 0.975: the upper end is 1 - 0.025 ** (1 / 300) = 1.22 %.
    assert "identical (0 of 300 samples differ)" in out
    assert "3,000 bytes compared; 95 % interval of the share that differs" in out
    assert "samples like these: 0 to 1.22 %" in out
    # A board whose engine rounds once, whatever it is sent.
    monkeypatch.setitem(PROFILES, Profile.TFLM, PROFILES[Profile.SINGLE])
    monkeypatch.setenv("MENDLITE_FIRMWARE", str(built("host")))
    code, out, errors = run_main(monkeypatch, capsys, *words, "--json")
    assert code == 6
    assert "rounding profile differs (looks like single)" in errors
    found = json.loads(out)
    [compared] = found["comparison"]["models"]
    share = compared["differing"] / 300
    assert 0 < compared["differing_share"]["low"] < share < compared["differing_share"]["high"] < 1
    assert compared["bytes_compared"] == 3000
    assert len(found["outputs"]) == 1


def test_infer_refuses_inputs_of_another_shape(run, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2, 3), np.int8))
    code, _, errors = run("device", "infer", "qemu:host", MODEL, "--inputs", tmp_path / "x.npy")
    assert code == 2
    assert "a sample" in one_line(errors)


def test_bench_counts_the_line(run):
    code, out, _ = run("device", "bench", "qemu:host", MODEL, "--samples", "300", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["model_bytes"] == MODEL.stat().st_size
    # 300 samples of 64 bytes, 10 outputs each.
    assert found["payload_bytes"] == 300 * 74
    assert 0 < found["overhead"] < 0.25


def test_a_delta_is_patched_in_ram_and_read_back(run, tmp_path):
    data = bytearray(MODEL.read_bytes())
    model = read_file(MODEL)
    buffer = model.tensors[model.layers[0].weights].buffer
    data[buffer.offset] ^= 1
    (tmp_path / "other.tflite").write_bytes(data)
    assert run("diff", MODEL, tmp_path / "other.tflite", "--out", tmp_path / "d.json")[0] == 0
    code, out, errors = run("device", "patch", "qemu:host", MODEL, tmp_path / "d.json")
    assert code == 0, errors
    assert "1 bytes" in out


@pytest.fixture
def several(tmp_path):
    """A file of two signatures, and samples of each."""
    path = tmp_path / "several.tflite"
    path.write_bytes(build(two()))
    for name in ("plain", "conv"):
        x = random_inputs(read_file(path, name), 5)[0]
        np.save(tmp_path / f"{name}.npy", x)
    return path


@pytest.mark.parametrize("name", ["plain", "conv"])
def test_a_signature_runs_on_the_board_as_on_the_host(run, several, name):
    words = (several, "--signature", name)
    samples = several.parent / f"{name}.npy"
    code, out, errors = run(
        "device", "infer", "qemu:host", *words, "--inputs", samples, "--compare"
    )
    assert code == 0, errors
    assert "identical (0 of 5 samples differ)" in out
    code, out, errors = run("device", "bench", "qemu:host", *words, "--samples", "5", "--json")
    assert code == 0, errors
    code, out, errors = run("device", "upload", "qemu:host", *words)
    assert code == 0, errors
    assert f"{several.stat().st_size} bytes" in out


def test_a_signature_that_is_not_named_or_not_there_is_one_line(run, several):
    code, _, errors = run("device", "upload", "qemu:host", several)
    assert code == 2
    assert "2 signatures, each a model of its own: plain, conv" in one_line(errors)
    code, _, errors = run("device", "upload", "qemu:host", several, "--signature", "con")
    assert code == 2
    assert "did you mean 'conv'" in one_line(errors)


def test_a_delta_of_a_signature_is_patched_on_the_board(run, several):
    data = bytearray(several.read_bytes())
    model = read_file(several, "conv")
    data[model.tensors[model.layers[0].weights].buffer.offset] ^= 1
    other, delta = several.parent / "other.tflite", several.parent / "d.json"
    other.write_bytes(data)
    assert run("diff", several, other, "--signature", "conv", "--out", delta)[0] == 0
    code, out, errors = run("device", "patch", "qemu:host", several, delta)
    assert code == 0, errors
    assert "1 bytes" in out


def test_a_board_with_the_file_in_its_flash_runs_its_first_subgraph_alone(several):
    device = Device(address="/dev/nothing", in_place=True)
    board = ConnectedBoard(device=device)
    first, second = (read_file(several, name) for name in ("plain", "conv"))
    assert board.bytes_of(first) == first.data
    with pytest.raises(UnsupportedModelError, match="'conv' was named.*first subgraph alone"):
        board.load(second, Profile.TFLM)


def test_validate_on_the_board_is_validate_on_the_host(run):
    words = ("validate", "digits", "--validation-samples", "60", "--json")
    code, host, _ = run(*words)
    assert code == 0
    code, board, _ = run(*words, "--device", "qemu:host", "--equal")
    assert code == 0
    found = json.loads(board)
    assert found["validation"] == json.loads(host)
    assert [m["verdict"] for m in found["device"]["models"]] == ["identical"]


def test_two_boards_share_the_samples(run):
    words = ("validate", "digits", "--validation-samples", "61", "--json")
    code, out, _ = run(*words, "--device", "qemu:host", "--device", "qemu:host")
    assert code == 0
    found = json.loads(out)
    assert found["validation"] == json.loads(run(*words)[1])
    assert found["device"]["device"].count("qemu:host") == 2


def test_another_rounding_is_a_verdict_and_exit_code_6(run, tmp_path):
    # A board that is known to round like TFLite Micro, held against the desktop's kernels.
    board = (ROOT / "targets" / "boards" / "host.toml").read_text()
    other = tmp_path / "known.toml"
    other.write_text(board.replace('name = "host"', 'name = "host"\nprofile = "single"'))
    words = ("validate", "digits", "--device", f"qemu:{other}", "--profile", "tflm")
    code, out, errors = run(*words)
    assert code == 0, errors
    assert "rounding profile differs (looks like single)" in out
    assert "first at operator" in out
    assert one_line(errors).startswith("note: ")
    assert "rounding profile differs" in errors
    assert "only with --equal is this exit code 6" in errors
    code, _, errors = run(*words, "--equal")
    assert code == 6
    assert "rounding profile differs" in one_line(errors)


def test_repair_on_the_boards_own_tensors_is_the_hosts_repair(run, tmp_path):
    words = ("repair", "digits", "--strategy", "least-squares", "--samples", "60", "-q")
    assert run(*words, "--out", tmp_path / "host")[0] == 0
    code, out, errors = run(*words, "--out", tmp_path / "board", "--device", "qemu:host")
    assert code == 0, errors
    assert out.startswith("repaired: ")
    report = json.loads((tmp_path / "board" / "report.json").read_text())
    assert report["kernels"] == "device qemu:host (mendlite-int8, tflm)"
    name = "repaired.tflite"
    assert (tmp_path / "host" / name).read_bytes() == (tmp_path / "board" / name).read_bytes()


def test_a_target_that_is_replayed_on_its_device_needs_one(run, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    for path in MODEL.parent.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    target = folder / "target.toml"
    target.write_text(target.read_text() + '\n[device]\nreplay = "device"\nequal = true\n')
    code, _, errors = run("validate", target)
    assert code == 2
    assert "--device" in one_line(errors)
    assert run("validate", target, "--device", "qemu:host", "-q")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("device", "ping", "qemu:nothing"), 2, "no board is called 'nothing'"),
        (("device", "ping", "qemu:rp2040"), 2, "is not emulated"),
        (("device", "ping", "/dev/nothing"), 5, "cannot be opened"),
        (("device", "ping", "qemu:mps2-an999"), 2, "no board is called"),
        (("validate", "digits", "--board", "rp2040"), 5, "USB id 2e8a:000a"),
        (("device", "upload", "qemu:host", "nothing.tflite"), 2, "nothing.tflite"),
    ],
)
def test_what_cannot_be_is_one_line(run, words, code, said):
    found, _, errors = run(*words)
    assert found == code
    assert said in one_line(errors)


def test_firmware_that_is_not_built_says_how(run, tmp_path):
    code, _, errors = run("device", "ping", "qemu:host", MENDLITE_FIRMWARE=str(tmp_path))
    assert code == 5
    assert "make firmware BOARD=host" in one_line(errors)


def test_ctrl_c_leaves_no_emulator_behind():
    folder = built("mps2-an386")
    environment = dict(os.environ, MENDLITE_FIRMWARE=str(folder))
    marker = f"{folder}/mps2-an386/firmware.elf"
    process = subprocess.Popen(
        [sys.executable, "-m", "mendlite", "validate", "digits", "--device", "qemu:mps2-an386"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    emulators = until(lambda: children(process.pid, marker), "the emulator is started")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=HANG)
    assert process.returncode == 130
    assert "interrupted" in one_line(errors)
    until(lambda: not any(map(is_running, emulators)), "the emulator ends")


def children(parent, marker):
    """Processes that ``parent`` started with ``marker`` on their command line (Linux)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
            words = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if f"PPid:\t{parent}\n" in status and marker in words:
            found.append(int(folder.name))
    return found
