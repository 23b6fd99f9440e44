"""``mendlite float-twin`` on the command line."""

import json
from functools import partial

import numpy as np
import pytest

from main_in_process import run_main
from mendlite.tflite.reader import read
from small_targets import HEAD
from tiny_models import build, float_twin
from uint8_models import uint8_network_spec

SPEC = uint8_network_spec()


@pytest.fixture
def run(monkeypatch, capsys):
    return partial(run_main, monkeypatch, capsys)


def test_a_quantized_file_is_validated_against_its_own_twin(tmp_path, run):
    (tmp_path / "int8.tflite").write_bytes(build(SPEC))
    float_file = tmp_path / "float.tflite"
    code, said, _ = run("float-twin", tmp_path / "int8.tflite", float_file)
    assert code == 0
    assert "not what rounding took from the weights" in said
    assert read(float_file.read_bytes()).unsupported
    x = np.random.default_rng(5).normal(0, 1, (400, 4, 4, 2)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x)
    target = tmp_path / "target.toml"
    target.write_text(HEAD + '[task]\nkind = "classification"\n', encoding="utf-8")
    code, said, _ = run("validate", target, "--json")
    assert code == 0
    assert json.loads(said)["int8"]["failing"] <= 40


def test_a_float_model_has_no_twin_and_nothing_is_written(tmp_path, run):
    (tmp_path / "a.tflite").write_bytes(build(float_twin(SPEC)))
    code, said, error = run("float-twin", tmp_path / "a.tflite", tmp_path / "b.tflite")
    assert (code, said, error.count("\n")) == (2, "", 1)
    assert "it is a float model already" in error
    assert not (tmp_path / "b.tflite").exists()
    code, _, error = run("float-twin", tmp_path / "a.tflite", tmp_path / "b.h")
    assert code == 2
    assert "written as a .tflite" in error
