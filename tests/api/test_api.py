"""The Python API as a stranger uses it: arrays, bytes, and parameters that do not fit."""

import doctest
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import mendlite

PUBLIC = [name for name in mendlite.__all__ if inspect.isfunction(getattr(mendlite, name))]


@pytest.fixture(scope="module")
def digits():
    return mendlite.load_target("digits")


@pytest.fixture(scope="module")
def arrays(digits):
    x = np.concatenate([one.inputs[0] for one in digits.samples])
    return x, np.concatenate([one.labels for one in digits.samples])


@pytest.fixture(scope="module")
def result(digits):
    return mendlite.repair(**digits, strategy="bias")


SIXTEENTH = mendlite.Preprocessing(multiply=1 / 16)


@pytest.mark.parametrize("name", [*mendlite.__all__, "mendlite"])
def test_examples_in_docstrings_run(name):
    subject = mendlite if name == "mendlite" else getattr(mendlite, name)
    module = subject if inspect.ismodule(subject) else import_module(subject.__module__)
    finder = doctest.DocTestFinder(recurse=False)
    tests = finder.find(subject, name, module=module)
    if name == "Dataset":
        makers = [maker for maker in vars(subject) if maker.startswith("from_")]
        tests += [t for m in makers for t in finder.find(getattr(subject, m), m, module=module)]
        assert len(tests) == len(makers) + 1
    runner = doctest.DocTestRunner()
    for test in tests:
        runner.run(test)
    assert not runner.failures
    if name in PUBLIC:
        assert runner.tries, f"{name} has no example"


def test_arrays_and_bytes_are_enough(digits, arrays, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, y = arrays
    files = [Path(path).read_bytes() for path in (digits.int8, digits.float_model)]
    seen = []
    found = mendlite.repair(
        files[0], float_model=files[1], samples=x, labels=y, preprocessing=SIXTEENTH,
        strategy="bias", progress=lambda *args: seen.append(args),
    )  # fmt: skip
    report = found.report
    assert report.validation.samples == len(x) - len(x) * 4 // 10 - len(x) // 10
    assert report.validation.repaired.accuracy is not None
    assert report.validation.repaired.failing < report.validation.int8.failing
    assert mendlite.apply(files[0], found.delta) == found.model
    assert mendlite.revert(found.model, found.delta) == files[0]
    assert seen
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_the_verdict_takes_two_lines(result):
    lines = str(result).splitlines()
    assert len(lines) == 2
    assert lines[0] == result.report.headline
    assert f"{result.report.repair.bytes_changed} bytes changed" in lines[1]


def test_saved_is_what_the_command_writes(result, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "mendlite", "repair", "digits", "--strategy", "bias", "-q", "--out", tmp_path / "command"],
        check=True, capture_output=True,
    )  # fmt: skip
    written = result.save(tmp_path / "api")
    names = {path.name for path in written}
    assert names == {path.name for path in (tmp_path / "command").iterdir()}
    for name in names - {"report.json", "details.json", "report.html"}:
        theirs, ours = ((tmp_path / folder / name).read_bytes() for folder in ("command", "api"))
        assert ours == theirs, name
    assert result.save(tmp_path / "api") == written


def test_a_repair_that_makes_it_worse_gives_the_file_as_it_came(tmp_path):
    from small_targets import write_worse_target

    target = mendlite.load_target(write_worse_target(tmp_path))
    found = mendlite.repair(**target, strategy="reconstruct")
    assert not found.kept
    assert found.model == (tmp_path / "int8.tflite").read_bytes()
    assert found.delta.size == 0
    assert found.certificate is None
    names = [path.name for path in found.save(tmp_path / "out")]
    assert names == ["report.json", "details.json", "report.html"]


def wrong(x, y):
    """Parameters that do not fit, and what is said of them."""
    return {
        "shape": ({"samples": x[:, :5]}, r"no array has samples of \[8, 8, 1\]"),
        "rows": ({"samples": x, "labels": y[1:]}, "`labels` has .* rows"),
        "labels": ({"samples": x, "labels": y * 1.5}, "the labels are real values"),
        "classes": ({"samples": x, "labels": y + 9}, "the labels hold class 18"),
        "lists": ({"samples": x.tolist()}, "`samples` is an array, not list"),
        "text": ({"samples": np.array(["a", "b"])}, "not numbers"),
        "nan": ({"samples": np.where(x > 9, np.nan, x)}, "NaN"),
        "few": ({"samples": x[:9]}, "too few"),
        "file": ({"samples": "nope.npz"}, "nope.npz"),
        "two inputs": ({"samples": [x, x]}, "the model has 1 inputs: name those"),
        "no teacher": ({"samples": x, "float_model": None}, "`float_model`, `labels`"),
        "teacher": ({"samples": x, "teacher": "labels"}, "`teacher` is 'labels'"),
        "task": ({"samples": x, "task": "regresion"}, "'regresion' .*TaskSettings.kind"),
        "multiply": ({"samples": x, "preprocessing": mendlite.Preprocessing(multiply=0)}, "is 0"),
        "gate": ({"samples": x, "gate": mendlite.Gate(max_regressed=-1)}, "Gate.max_regressed"),
        "seed": ({"samples": x, "seed": -1}, "`seed`"),
        "runner": ({"samples": x, "runner": "mine"}, "`runner` is one of"),
        "strategy": ({"samples": x, "strategy": "nope"}, "no strategy is called 'nope'"),
        "option": ({"samples": x, "max_bits": 1}, "max_bits"),
        "model": ({"samples": x, "float_model": b"no model"}, "`float_model`: "),
    }  # fmt: skip


@pytest.mark.parametrize("kind", wrong(np.zeros((20, 8)), np.zeros(20, int)))
def test_what_does_not_fit_is_named(digits, arrays, kind):
    changes, message = wrong(*arrays)[kind]
    given = {"float_model": digits.float_model, "strategy": "bias", **changes}
    with pytest.raises(mendlite.BadInputError, match=message):
        mendlite.repair(digits.int8, **given)


def test_a_certificate_is_checked_with_the_samples_of_the_repair(digits, result):
    given = {key: digits[key] for key in ("samples", "float_model", "task", "preprocessing")}
    found = mendlite.check(result.certificate, base=digits.int8, patched=result.model, **given)
    assert found.missing is None
    assert {one.name for one in found.coverage} == {"selection", "validation"}
    forged = {**result.certificate, "seed": 9}
    with pytest.raises(mendlite.ClaimError):
        mendlite.check(forged, base=digits.int8, patched=result.model, **given)
    other = mendlite.Preprocessing(multiply=1.0)
    with pytest.raises(mendlite.ClaimError):
        mendlite.check(
            result.certificate, base=digits.int8, patched=result.model,
            **(given | {"preprocessing": other}),
        )  # fmt: skip


def test_ones_own_sequence_of_moves(digits):
    sequence = [mendlite.moves.BiasCorrection(), mendlite.moves.LeastSquares(max_delta=4)]
    found = mendlite.repair(**digits, strategy=sequence)
    assert [step.name for step in found.report.steps] == ["bias", "least-squares"]
    assert found.report.validation.repaired.failing < found.report.validation.int8.failing


def test_a_target_that_accepts_another_network_does_so_here(data_root):
    target = mendlite.load_target("hello_world", data=data_root)
    assert target.allow_other_network
    assert set(target.keys()) <= set(inspect.signature(mendlite.repair).parameters)


def test_importing_is_light():
    code = (
        "import sys, mendlite; "
        "assert not {'numpy', 'scipy', 'cvxpy', 'rich', 'msgspec'} & set(sys.modules); "
        "mendlite.repair; import mendlite.repair.settings; assert callable(mendlite.repair)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_all_names_are_there_and_no_others():
    assert set(mendlite.__all__) == {*mendlite._HOME, "moves"}
    assert set(mendlite.__all__) < set(dir(mendlite))
    with pytest.raises(AttributeError, match="no attribute 'mend'"):
        mendlite.mend  # noqa: B018
