"""``mendlite validate`` and a repair that ends worse, as a user runs them."""

import json
import shutil

import numpy as np
import pytest
from test_commands import DIGITS, mendlite

from mendlite.replay.runtimes import installed
from mendlite.tflite.reader import read_file
from small_targets import HEAD, write_worse_target
from tiny_models import OpSpec, TensorSpec, build, dense_spec, float_twin

NAMES = ",".join(runtime.name for runtime in installed())


@pytest.fixture(scope="module")
def repaired(tmp_path_factory):
    """A folder in which digits were repaired."""
    folder = tmp_path_factory.mktemp("repaired")
    mendlite("repair", "digits", "--strategy", "bias", cwd=folder)
    return folder


def test_what_a_repair_left_is_validated(repaired):
    report = json.loads((repaired / "build" / "digits" / "report.json").read_text())
    found = json.loads(mendlite("validate", "digits", "--json", cwd=repaired).stdout)
    beside = {name: report[name] for name in ("intervals", "rows", "rows_left_out", "interface")}
    assert found == report["validation"] | beside
    assert len(found["rows"]) == 700
    text = mendlite("validate", "digits", cwd=repaired).stdout
    assert "repaired: build/digits/repaired.tflite" in text


def test_without_a_repaired_file_only_the_int8_row_is_shown(tmp_path):
    found = json.loads(mendlite("validate", "digits", "--json", cwd=tmp_path).stdout)
    assert found["repaired"] is None
    assert found["int8"]["failing"] == 83
    same = mendlite("validate", "digits", "--model", DIGITS / "int8.tflite", cwd=tmp_path).stdout
    assert "is the target's int8 file" in same
    for text in (mendlite("validate", "digits", cwd=tmp_path).stdout, same):
        assert "repaired" not in text.replace("repaired:", "")
        assert "broken" not in text
    assert (
        "max_accuracy_drop" in mendlite("validate", "digits", "--gate", cwd=tmp_path, ok=4).stderr
    )


@pytest.mark.parametrize("what", ["no delta", "another delta", "another base"])
def test_a_file_of_another_repair_is_left_out(repaired, tmp_path, what):
    folder = tmp_path / "build" / "digits"
    shutil.copytree(repaired / "build" / "digits", folder)
    delta = folder / "delta.json"
    if what == "no delta":
        delta.unlink()
    elif what == "another delta":
        (folder / "repaired.tflite").write_bytes((DIGITS / "int8.tflite").read_bytes())
    else:
        base = read_file(DIGITS / "int8.tflite").sha256
        text = delta.read_text()
        assert base in text
        delta.write_text(text.replace(base, "0" * 64))
    text = mendlite("validate", "digits", cwd=tmp_path).stdout
    assert "build/digits/repaired.tflite was left out: " in text
    assert "broken" not in text


def test_every_tensor_against_the_interpreters_that_are_here(repaired):
    done = mendlite(
        "validate", "digits", "--against", NAMES, "--validation-samples", 30, "--json",
        cwd=repaired,
    )  # fmt: skip
    found = json.loads(done.stdout)["against"]
    assert len(found) == len(installed())
    for one in found:
        assert one["samples"] == 30
        assert [model["name"] for model in one["models"]] == ["int8", "repaired"]
        assert {model["verdict"] for model in one["models"]} == {"identical"}


def test_options_that_do_nothing_or_name_nobody(tmp_path):
    failed = mendlite("validate", "digits", "--against", "nobody", cwd=tmp_path, ok=2)
    assert "no runtime is called 'nobody'; there are: litert, tflite-runtime, tflm" in failed.stderr
    assert "name a board" in mendlite("validate", "digits", "--equal", cwd=tmp_path, ok=2).stderr
    missing = {"litert", "tflite-runtime"} - {runtime.name for runtime in installed()}
    for name in missing:
        failed = mendlite("validate", "digits", "--against", name, cwd=tmp_path, ok=2)
        assert f"runtime {name} needs" in failed.stderr
        assert "pip install" in failed.stderr


def ending_in_abs():
    """A model that ends in an operator which our kernels lack and interpreters run."""
    spec = dense_spec()
    spec.tensors.append(TensorSpec("a", (1, 3), scale=[0.4], zero_point=[5]))
    spec.ops.append(OpSpec("ABS", [6], [7], "AbsOptions", {}))
    spec.outputs = [7]
    return spec


def write_other(folder):
    """A target of a pair of such models."""
    (folder / "int8.tflite").write_bytes(build(ending_in_abs()))
    (folder / "float.tflite").write_bytes(build(float_twin(ending_in_abs())))
    x = np.random.default_rng(5).normal(0, 2, (400, 6)).astype(np.float32)
    np.savez(folder / "data.npz", x=x)
    (folder / "target.toml").write_text(HEAD + '[task]\nkind = "regression"\ntolerance = 1.0\n')
    return folder / "target.toml"


def test_an_operator_that_our_kernels_lack_is_named_with_who_ran_it(tmp_path):
    target = write_other(tmp_path)
    named = "operators run by the interpreter: ABS 2 ("
    assert f"kernels reference (tflm); {named}" in mendlite("validate", target).stdout
    text = mendlite(
        "validate", target, "--runner", "interpreter", "--against", "interpreter"
    ).stdout
    assert f"; {named}" in text.splitlines()[-1]
    assert "identical (0 of 200 samples differ)" in text
    mendlite("repair", target, "--runner", "interpreter", "-q", "--out", tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["interpreted"]


def test_a_worse_file_is_not_written_and_none_of_an_earlier_run_stays(tmp_path):
    target, out = write_worse_target(tmp_path), tmp_path / "out"
    arguments = ("repair", target, "--strategy", "margins", "--out", out)
    kept = mendlite(*arguments, "--keep-worse", cwd=tmp_path)
    assert kept.stdout.startswith("WORSE than the base file: ")
    assert (out / "repaired.tflite").is_file()
    assert (out / "certificate.json").is_file()
    failed = mendlite(*arguments, cwd=tmp_path, ok=3)
    assert failed.stdout.splitlines()[0].startswith("NOT repaired: ")
    assert "--keep-worse writes it anyway" in failed.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "details.json",
        "report.html",
        "report.json",
    ]
    report = json.loads((out / "report.json").read_text())
    assert report["ending"] == "base kept"
    assert report["files"]["repaired"] is None
    failed = mendlite(*arguments, "--json", cwd=tmp_path, ok=3)
    assert json.loads(failed.stdout)["ending"] == "base kept"
