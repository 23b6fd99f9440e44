"""Values that commands show and take: exact ones, finite ones, and what no edit reaches."""

import json

import numpy as np
import pytest

from in_process import run
from small_targets import CASES, write_target
from tiny_models import build, dense_spec, float_twin


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("data", np.arange(5, dtype="<i4") + 1234567, np.arange(5, dtype="<i4") + 1234568),
        ("scale", [0.05], [float(np.nextafter(np.float32(0.05), np.float32(1)))]),
    ],
)
def test_diff_shows_values_that_differ_as_different(tmp_path, part, old, new):
    """Of a bias of seven digits it showed 1.23457e+06 -> 1.23457e+06."""
    for name, value in (("a", old), ("b", new)):
        spec = dense_spec()
        setattr(spec.tensors[2 if part == "data" else 3], part, value)
        (tmp_path / f"{name}.tflite").write_bytes(build(spec))
    done = run("diff", tmp_path / "a.tflite", tmp_path / "b.tflite")
    assert done.code == 0
    assert str(old[0]) in done.out
    assert str(np.float32(new[0]) if part == "scale" else new[0]) in done.out


def test_analyze_says_what_no_edit_reaches(tmp_path):
    write_target(tmp_path, dense_spec, '[task]\nkind = "regression"\ntolerance = 1.0\n')
    spec = dense_spec()
    spec.tensors[6].scale = [spec.tensors[6].scale[0] * 200]
    (tmp_path / "int8.tflite").write_bytes(build(spec))
    done = run("analyze", tmp_path / "target.toml")
    assert done.code == 0
    assert "most of the loss cannot be recovered by editing" in done.out
    found = json.loads(run("analyze", tmp_path / "target.toml", "--json").out)
    assert found["unreachable"]["name"] == "out"


def test_init_does_not_compare_outputs_of_other_counts(tmp_path):
    write_target(tmp_path, *CASES["regression"])
    spec = dense_spec()
    (tmp_path / "float.tflite").write_bytes(build(float_twin(spec)))
    spec.outputs = [0]
    (tmp_path / "int8.tflite").write_bytes(build(spec))
    files = (tmp_path / name for name in ("float.tflite", "int8.tflite"))
    words = (*files, "--data", tmp_path / "data.npz", "--task", "regression")
    done = run("init", *words, "--out", tmp_path / "new.toml")
    assert done.code == 2
    assert "as many values a sample are needed" in done.err
    assert not (tmp_path / "new.toml").exists()


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize(
    "options",
    [
        ("certify", "digits", "--property", "error", "--epsilon"),
        ("certify", "digits", "--radius"),
        ("certify", "digits", "--time-limit"),
        ("repair", "digits", "--time-limit"),
        ("repair", "digits", "--strategy", "smt", "--epsilon"),
    ],
)
def test_an_option_is_a_finite_number(options, value):
    """With --epsilon nan every error was proved to be below it."""
    done = run(*options, value)
    assert done.code == 2
    assert "is not a finite number" in done.err or "is not in the range" in done.err


@pytest.mark.parametrize(("name", "number"), [("float", 3), ("int8", 6)])
def test_what_is_refused_at_preparation_says_which_file_it_is(tmp_path, name, number):
    write_target(tmp_path, dense_spec, '[task]\nkind = "regression"\ntolerance = 1.0\n')
    spec = dense_spec()
    spec.tensors[number].shape = (1, *spec.tensors[number].shape)
    made = float_twin(spec) if name == "float" else spec
    (tmp_path / f"{name}.tflite").write_bytes(build(made))
    done = run("validate", tmp_path / "target.toml")
    assert done.code == 2
    assert f"error: the {name} model: operator " in done.err
