"""A language model with int8 weights is repaired; its tests are positions."""

import json

import numpy as np
import pytest

from in_process import run
from language_models import POSITIONS, TOKENS, language_spec
from own_kernels import compared
from small_targets import head
from tiny_models import build

TASK = '[task]\nkind = "next-token"\n'


@pytest.fixture
def target(tmp_path):
    tokens = np.random.default_rng(3).integers(0, TOKENS, (400, POSITIONS + 1))
    np.savez(tmp_path / "data.npz", x=tokens[:, :-1].astype(np.uint8), y=tokens[:, 1:])
    (tmp_path / "float.tflite").write_bytes(build(language_spec(quantized=False)))
    (tmp_path / "int8.tflite").write_bytes(build(language_spec(quantized=True)))
    text = head("count = 150", "count = 50", labels='labels = "y"') + TASK
    (tmp_path / "target.toml").write_text(text, encoding="utf-8")
    return tmp_path / "target.toml"


def validation(folder):
    return json.loads((folder / "report.json").read_text())["validation"]


@pytest.mark.parametrize(("positions", "tests"), [("all", POSITIONS), ("last", 1)])
def test_failing_tokens_are_cut(target, positions, tests):
    text = target.read_text() + f'positions = "{positions}"\n'
    target.write_text(text, encoding="utf-8")
    done = run("repair", str(target), "--out", str(target.parent / "out"))
    assert done.code == 0, done.err
    found = validation(target.parent / "out")
    assert found["samples"] == tests * (found["samples"] // tests)
    assert found["repaired"]["failing"] < found["int8"]["failing"]
    assert found["repaired"]["loss"] < found["int8"]["loss"]
    assert found["float"]["perplexity"] > 1


@pytest.mark.parametrize("positions", ["all", "last"])
def test_its_certificate_holds_and_a_changed_file_is_rejected(target, positions):
    text = target.read_text() + f'positions = "{positions}"\n'
    target.write_text(text, encoding="utf-8")
    out = target.parent / "out"
    assert run("repair", str(target), "--out", str(out)).code == 0
    check = ("check", str(out / "certificate.json"), "--target", str(target))
    done = run(*check)
    assert done.code == 0, done.err
    assert "the certificate holds" in done.out
    file = out / "repaired.tflite"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert run(*check).code == 1


def test_analyze_and_validate(target):
    for command in ("analyze", "validate"):
        done = run(command, str(target))
        assert done.code == 0, done.err


def test_hybrid_dense_layers_at_every_position_are_as_in_litert():
    ids = np.random.default_rng(0).integers(0, TOKENS, (6, POSITIONS)).astype(np.int32)
    spec = language_spec(quantized=True)
    assert "litert" in compared(spec, inputs=[ids], names=("litert",), floats=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"y": np.zeros((400, 3), int)}, "at 4 positions"),
        ({"y": np.full((400, POSITIONS), TOKENS)}, f"{TOKENS} outputs"),
        ({"y": np.full((400, POSITIONS), -1)}, "not negative"),
        ({"x": np.random.default_rng(0).random((400, POSITIONS))}, "takes INT32"),
    ],
)
def test_what_does_not_fit_is_said(target, change, said):
    place = target.parent / "data.npz"
    np.savez(place, **(dict(np.load(place)) | change))
    done = run("validate", str(target))
    assert done.code == 2, done.err
    assert said in done.err
