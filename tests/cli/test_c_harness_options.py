"""``mendlite emit --formats c-harness`` as a user runs it."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import ready_commands

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "targets" / "models" / "digits"
MODEL = ("digits", "--model", DIGITS / "int8.tflite")
HARNESS = (*MODEL, "--formats", "c-harness")


def emit(*arguments, out, ok=0):
    env = os.environ | {"MENDLITE_DATA": "", "PYTHONPATH": str(ROOT / "toolchain")}
    done = ready_commands.run(["emit", *arguments, "--out", out], environment=env)
    assert done.returncode == ok, done.stdout + done.stderr
    if ok:
        assert done.stderr.startswith("mendlite: error: ")
        assert done.stderr.count("\n") == 1
        assert not Path(out).exists()
    return done


def test_a_sample_names_its_class(tmp_path):
    done = emit(*HARNESS, "--sample", 3, "--radius", 2, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["g_model_harness.c"]
    words = "class 1 for every input within 2 steps of validation sample 3"
    assert f"c-harness: profile tflm, asserts {words}" in done.stdout
    text = (tmp_path / "g_model_harness.c").read_text()
    assert "mendlite_is_top(logits, 1)" in text
    assert "the softmax behind them is left out" in text
    assert str(ROOT) not in text


def test_a_centre_from_a_file(tmp_path):
    center = tmp_path / "center.npy"
    np.save(center, np.zeros((8, 8, 1), np.int8))
    done = emit(*HARNESS, "--center", center, "--profile", "single", out=tmp_path / "o")
    assert "profile single, asserts class" in done.stdout
    assert "within 1 step of center.npy" in done.stdout


def test_without_a_centre_the_property_is_open(tmp_path):
    formats = ("--formats", "c-harness,manifest")
    done = emit(*MODEL, *formats, "--name", "net", out=tmp_path)
    assert "asserts MENDLITE_PROPERTY(logits) for every input: define it by -D" in done.stdout
    assert "#define MENDLITE_PROPERTY(logits) 1" in (tmp_path / "net_harness.c").read_text()
    files = json.loads((tmp_path / "manifest.json").read_text())["files"]
    assert list(files) == ["net_harness.c"]


def test_it_is_not_among_the_usual_forms(tmp_path):
    emit(*MODEL, out=tmp_path)
    assert not list(tmp_path.glob("*harness*"))


def of_shape(*shape, dtype=np.int8):
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*MODEL, "--sample", "1"), "--sample does nothing without --formats c-harness"),
        ((*MODEL, "--profile", "tflm"), "--profile does nothing without --formats c-harness"),
        ((*HARNESS, "--radius", "1"), "--radius does nothing without --sample or --center"),
        ((*HARNESS, "--sample", "1", "--center", "x.npy"), "use one of them"),
        ((*HARNESS, "--sample", "99999"), "has validation samples 0 to"),
        ((*HARNESS, "--center", "none.npy"), "none.npy: No such file"),
    ],
)
def test_options_that_cannot_be_followed_are_one_line(tmp_path, options, words):
    assert words in emit(*options, out=tmp_path / "o", ok=2).stderr


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (of_shape(8, 8), "shape [8, 8], but the input is [1, 8, 8, 1]"),
        (of_shape(1, 8, 8, 1, dtype=np.float32), "it must hold one array of int8"),
    ],
)
def test_a_centre_that_does_not_fit_is_one_line(tmp_path, values, words):
    np.save(tmp_path / "c.npy", values)
    failed = emit(*HARNESS, "--center", tmp_path / "c.npy", out=tmp_path / "o", ok=2)
    assert words in failed.stderr
