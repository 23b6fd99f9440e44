"""Files of strangers through every command that takes such a file: done, or refused in one line."""

import os
from pathlib import Path

import numpy as np
import pytest

from in_process import run
from mendlite.errors import MendliteError
from mendlite.model.tensor import DType
from mendlite.tflite.reader import read_file
from small_targets import head

pytestmark = [pytest.mark.data, pytest.mark.slow]

SHARED = Path(os.environ.get("MENDLITE_DATA") or ".").parent
CORPUS, CASES = SHARED / "corpus", SHARED / "cases"
DIGITS = Path(__file__).parents[2] / "targets" / "models" / "digits"
SAMPLES = 24
LARGE = 150_000
"""Bytes of a model beyond which nothing is repaired: that takes minutes."""

REPAIRED = ("certificate.json", "delta.json", "repaired.tflite", "report.json")
TARGET = head("count = 12", "count = 4") + '[task]\nkind = "regression"\n'


def pairs():
    """Float and int8 file of one network: of the corpus, and of the cases."""
    found = {}
    if (CORPUS / "pairs.tsv").exists():
        for row in (CORPUS / "pairs.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            name, *files = row.split("\t")[:3]
            found[name] = tuple(CORPUS / "files" / file for file in files)
    for path in sorted(CASES.rglob("float.tflite")):
        if (path.parent / "int8.tflite").exists():
            found[str(path.parent.relative_to(CASES))] = (path, path.parent / "int8.tflite")
    # The same files in many folders are one pair; targets differ, and have a test of their own.
    distinct = {tuple(p.read_bytes() for p in pair): name for name, pair in found.items()}
    return {name: found[name] for name in sorted(distinct.values())}


def files(suffix):
    """Files of corpus and cases that end so, by their path."""
    found = [p for folder in (CORPUS, CASES) for p in sorted(folder.rglob(f"*{suffix}"))]
    return {str(path.relative_to(SHARED)): path for path in found}


PAIRS, MODELS = pairs(), files(".tflite")


def samples_for(path, target):
    """Noise in the range of the model's first input; a vector where the reader refuses it."""
    rng, shape, low, high = np.random.default_rng(0), (4,), -1.0, 1.0
    try:
        model = read_file(path)
    except MendliteError:
        pass
    else:
        tensor = model.tensors[model.inputs[0]]
        shape = tensor.shape[1:] if np.prod(tensor.shape[1:], dtype=float) < 1e6 else shape
        if tensor.quant is not None and tensor.dtype is not DType.FLOAT32:
            ends = np.array([-128, 127]) - tensor.quant.zero_point[0]
            low, high = np.clip(ends * tensor.quant.scale[0], -1e6, 1e6)
    np.savez(target, x=rng.uniform(low, high, (SAMPLES, *shape)).astype(np.float32))


def whole_or_nothing(folder, done):
    """A folder of results holds all of them, or there is none."""
    here = sorted(p.name for p in folder.rglob("*")) if folder.exists() else []
    if done.code in {1, 2}:
        assert here == [], (done, here)
    assert not [name for name in here if name.startswith(".")], here


def through_target(folder, int8):
    """All commands that take a target, on the one in ``folder``."""
    target, out = folder / "target.toml", folder / "out"
    few = ("--samples", 8, "--jobs", 1, "-q")
    run("analyze", target, *few)
    run("validate", target, *few, "--validation-samples", 8)
    done = run("repair", target, *few, "--strategy", "bias", "--out", out)
    whole_or_nothing(out, done)
    if done.code == 0:
        assert set(REPAIRED) <= {p.name for p in out.iterdir()}
        run("check", out / "certificate.json", "--target", target)
        run("check", out / "certificate.json", "--no-data")
        run("diff", int8, out / "repaired.tflite", "--out", folder / "d.npz")
        run("apply", int8, out / "delta.json", "--out", folder / "again.tflite")
        assert (folder / "again.tflite").read_bytes() == (out / "repaired.tflite").read_bytes()
        run("revert", out / "repaired.tflite", folder / "d.npz", "--out", folder / "old.tflite")
        assert (folder / "old.tflite").read_bytes() == int8.read_bytes()
    run("certify", target, *few, "--radius", 0, "--time-limit", 1, "--solver", "none")
    emitted(target, int8, folder)


def emitted(target, int8, folder):
    """Everything that emit and flash make of a file."""
    for formats in ("cc,bin,hex,manifest,delta", "c-harness"):
        out = folder / formats[:2]
        done = run("emit", target, "--model", int8, "--formats", formats, "--out", out)
        whole_or_nothing(out, done)
    run("flash", target, "--model", int8, "--dry-run", "--out", folder / "flash")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder that relative paths are of, and no data of our own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MENDLITE_DATA", "")
    return tmp_path


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair(name, folder):
    sources = PAIRS[name]
    float_file, int8 = folder / "float.tflite", folder / "int8.tflite"
    for source, copy in zip(sources, (float_file, int8), strict=True):
        copy.write_bytes(source.read_bytes())
    samples_for(float_file, folder / "data.npz")
    made = run("init", float_file, int8, "--data", folder / "data.npz", "--name", "stranger")
    assert (folder / "target.toml").exists() == (made.code == 0)
    if made.code:
        (folder / "target.toml").write_text(TARGET, encoding="utf-8")
    if int8.stat().st_size <= LARGE:
        through_target(folder, int8)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_by_itself(name, folder):
    """As both files of a target, as base and as result, and where no model belongs."""
    path = MODELS[name]
    model = folder / "int8.tflite"
    for copy in (model, folder / "float.tflite"):
        copy.write_bytes(path.read_bytes())
    samples_for(path, folder / "data.npz")
    run("init", model, model, "--data", folder / "data.npz")
    (folder / "target.toml").write_text(TARGET, encoding="utf-8")
    same = run("diff", model, model, "--out", folder / "d.json")
    assert same.code == 2 or "0 edited values" in same.out
    for one, other in ((model, DIGITS / "int8.tflite"), (DIGITS / "int8.tflite", model)):
        assert run("diff", one, other, "--out", folder / "e.json").code == 2 or same.code == 0
    for command in ("apply", "revert"):
        assert run(command, model, path, "--out", folder / "x").code == 2
    assert not (folder / "x").exists()
    assert run("check", model).code
    assert run("solve", model).code == 2
    run("validate", "digits", "--model", model, "--samples", 8, "--validation-samples", 8, "-q")
    if model.stat().st_size <= LARGE:
        run("analyze", "target.toml", "--samples", 4, "-q", "--jobs", 1)
        run("validate", "target.toml", "--samples", 4, "-q", "--validation-samples", 4)
    emitted(folder / "target.toml", model, folder)


@pytest.mark.parametrize("name", files(".json"))
def test_a_json_file(name, folder):
    path = files(".json")[name]
    for base in (DIGITS / "int8.tflite", *sorted(path.parent.glob("*.tflite"))):
        for command in ("apply", "revert"):
            done = run(command, base, path, "--out", folder / "x.tflite")
            assert (folder / "x.tflite").exists() == (done.code == 0)
            if done.code == 0:
                read_file(folder / "x.tflite")
                (folder / "x.tflite").unlink()
    run("check", path, "--samples", 2)
    run("check", path, "--target", "digits", "--no-data")
    run("check", path, "--public-key")
    run("certify", "digits", "--certificate", path, "--samples", 4, "--radius", 0, "-q",
        "--model", DIGITS / "int8.tflite", "--time-limit", 1)  # fmt: skip


@pytest.mark.parametrize("name", files(".npz"))
def test_an_archive(name, folder):
    path = files(".npz")[name]
    run("init", DIGITS / "float.tflite", DIGITS / "int8.tflite", "--data", path)
    assert run("apply", DIGITS / "int8.tflite", path, "--out", folder / "x").code == 2
    assert run("solve", path).code == 2
    assert run("check", path).code


@pytest.mark.parametrize("name", files(".toml"))
def test_a_target(name, folder):
    path = files(".toml")[name]
    for command in ("analyze", "validate"):
        run(command, path, "--samples", 4, "-q")
    done = run("repair", path, "--samples", 4, "-q", "--strategy", "bias", "--out", folder / "o")
    whole_or_nothing(folder / "o", done)
    run("emit", path, "--model", path.parent / "int8.tflite", "--out", folder / "e")
    run("emit", "digits", "--board", path, "--out", folder / "f")


@pytest.mark.parametrize("name", files(".md") | files(".tsv") | files(".png") | files(".sqlite"))
def test_what_is_no_model_at_all(name, folder):
    path = (files(".md") | files(".tsv") | files(".png") | files(".sqlite"))[name]
    int8 = DIGITS / "int8.tflite"
    for arguments in (
        ("diff", path, int8), ("diff", int8, path), ("apply", path, path, "--out", "x"),
        ("apply", int8, path, "--out", "x"), ("solve", path),
        ("init", path, int8, "--data", path),
        ("init", DIGITS / "float.tflite", int8, "--data", path),
        ("analyze", path), ("repair", path, "--out", "x"), ("validate", "digits", "--model", path),
        ("emit", "digits", "--model", path, "--out", "x"),
    ):  # fmt: skip
        assert run(*arguments).code == 2, arguments
    assert run("check", path).code
    assert list(folder.iterdir()) == []
