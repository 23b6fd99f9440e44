"""Model files and data in one command: which is which, what is written, and what is refused."""

import json
import shutil
from hashlib import sha256

import numpy as np
import pytest

from in_process import run
from mendlite.targets.load import find_target
from tiny_models import build, dense_spec

DIGITS = find_target("digits").parent
ROWS = 240


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project folder with the digits' models and some of their samples in several forms."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("float.tflite", "int8.tflite"):
        shutil.copy(DIGITS / name, folder / name)
    with np.load(DIGITS / "digits.npz") as found:
        images, labels = found["images"][:ROWS], found["labels"][:ROWS]
    np.savez(folder / "digits.npz", images=images, labels=labels)
    np.save(folder / "x.npy", images)
    np.save(folder / "y.npy", labels)
    np.save(folder / "few.npy", images[:10])
    (folder / "labels.txt").write_text("\n".join(f"digit {n}" for n in range(10)))
    (folder / "empty").mkdir()
    (folder / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64))
    (folder / "model.onnx").write_bytes(b"\x08\x07\x12\x07pytorch" + bytes(64))
    (folder / "other.tflite").write_bytes(build(dense_spec()))
    return folder


@pytest.fixture
def project(made, monkeypatch):
    monkeypatch.chdir(made)
    yield made
    shutil.rmtree(made / "build", ignore_errors=True)


def digest(path):
    return sha256(path.read_bytes()).hexdigest()


def test_one_command_repairs_and_its_target_repairs_the_same(project):
    done = run("repair", "int8.tflite", "float.tflite", "--data", "x.npy", "--labels", "y.npy",
               "--strategy", "bias")  # fmt: skip
    assert done.code == 0, done
    assert "classifier, 10 classes" in done.err
    assert "--task" in done.err
    assert "the next run: mendlite repair build/int8/target.toml" in done.out
    results = project / "build" / "int8"
    first = digest(results / "repaired.tflite")
    again = run("repair", results / "target.toml", "--strategy", "bias", "--out", "build/again")
    assert again.code == 0, again
    assert digest(project / "build" / "again" / "repaired.tflite") == first
    checked = run("check", results / "certificate.json", "--target", results / "target.toml")
    assert "the certificate holds" in checked.out


def test_validate_and_analyze_take_the_same_words(project):
    words = ("float.tflite", "int8.tflite", "--data", "digits.npz", "--json")
    found = json.loads(run("validate", *words).out)
    assert found["samples"] == ROWS - 96 - 24
    assert json.loads(run("analyze", *words).out)["samples"] == 96
    assert not (project / "build").exists()


@pytest.mark.usefixtures("project")
def test_init_writes_only_the_target(tmp_path):
    out = tmp_path / "t" / "target.toml"
    done = run("init", "float.tflite", "int8.tflite", "--data", "digits.npz", "--out", out)
    assert f"wrote {out}; next: mendlite repair {out} --allow-outside" in done.out
    assert [p.name for p in out.parent.iterdir()] == ["target.toml"]
    again = run("init", "float.tflite", "int8.tflite", "--data", "digits.npz", "--out", out)
    assert again.code == 2
    assert "--force overwrites it" in again.err
    assert "allow it by --allow-outside" in run("validate", out).err
    assert run("validate", out, "--allow-outside").code == 0


def test_pinned_models_and_samples_are_not_exchanged(project):
    done = run("init", "float.tflite", "int8.tflite", "--data", "x.npy", "--labels", "y.npy",
               "--pin", "--out", "build/target.toml")  # fmt: skip
    assert done.code == 0, done
    text = (project / "build" / "target.toml").read_text(encoding="utf-8")
    assert text.count("sha256 = ") == 3
    assert run("validate", "build/target.toml").code == 0
    whole = (project / "x.npy").read_bytes()
    (project / "x.npy").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused = run("validate", "build/target.toml")
    (project / "x.npy").write_bytes(whole)
    assert refused.code == 2
    assert "they are other samples" in refused.err


WRONG = {
    "no words": ((), "mendlite repair float.tflite int8.tflite --data"),
    "the int8 file alone": (("int8.tflite",), "--data is missing"),
    "no float file": (("int8.tflite", "--data", "x.npy"), "--teacher labels"),
    "the float file alone": (("float.tflite", "--data", "x.npy"), "name the int8 file"),
    "float twice": (("float.tflite", "float.tflite", "--data", "x.npy"), "is named twice"),
    "two int8 files": (("int8.tflite", "other.tflite", "--data", "x.npy"), "both quantized"),
    "three files": (
        ("int8.tflite", "float.tflite", "other.tflite", "--data", "x.npy"), "3 model files",
    ),
    "a Keras file": (("model.h5", "int8.tflite", "--data", "x.npy"), "a Keras .h5 model"),
    "an ONNX file": (("model.onnx", "int8.tflite", "--data", "x.npy"), "an ONNX model"),
    "samples as a model": (("float.tflite", "int8.tflite", "x.npy"), "x.npy is no model"),
    "a folder as a model": (("float.tflite", "int8.tflite", "empty"), "samples follow --data"),
    "a misspelt file": (("flaot.tflite", "int8.tflite", "--data", "x.npy"), "flaot.tflite: No such"),
    "an empty folder": (("float.tflite", "int8.tflite", "--data", "empty"), "empty"),
    "no words of data": (("float.tflite", "int8.tflite", "--data", "--json"), "--data is missing"),
    "data that is not there": (("float.tflite", "int8.tflite", "--data", "z.npy"), "no such file"),
    "ten samples": (("float.tflite", "int8.tflite", "--data", "few.npy"), "10 samples are too few"),
    "classes as labels": (
        ("float.tflite", "int8.tflite", "--data", "x.npy", "--labels", "labels.txt"), "--classes",
    ),
    "a target with data": (("digits", "--data", "x.npy"), "--data has no effect with a target"),
    "a target among files": (("digits", "int8.tflite", "--data", "x.npy"), "stands alone"),
    "another network": (("float.tflite", "other.tflite", "--data", "x.npy"), "not the same network"),
}  # fmt: skip


WITHOUT_EFFECT = {
    "--window 5": "--window has no effect: it is for WAV files",
    "--sample-rate 16000": "--sample-rate has no effect: it is for WAV files",
    "--front-end micro": "--front-end has no effect: it is for WAV files",
    "--columns a": "--columns has no effect: it is for tables",
    "--channels 1": "--channels has no effect: it is for images",
    "--image-size 8x8": "--image-size has no effect: it is for images",
    "--threshold 0.3": "--threshold has no effect with task classification: it belongs to multi",
    "--tolerance 0.3": "--tolerance has no effect with task classification: it belongs to regr",
    "--signature foo": "foo",
    "--task regression --tolerance 1": "the labels are 1 values a test and the outputs 10",
}


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("options", WITHOUT_EFFECT)
def test_decisions_that_change_nothing_are_refused(tmp_path, options):
    done = run("init", "float.tflite", "int8.tflite", "--data", "digits.npz", "--out",
               tmp_path / "mine.toml", *options.split())  # fmt: skip
    assert (done.code, (tmp_path / "mine.toml").exists()) == (2, False)
    assert WITHOUT_EFFECT[options] in done.err
    assert done.err.count("\n") == 1


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", ["a b", "", "../x", "a\nb", "a\n", "-x", "a" * 201])
def test_init_takes_no_name_that_its_own_reader_refuses(tmp_path, name):
    out = tmp_path / "mine.toml"
    done = run("init", "float.tflite", "int8.tflite", "--data", "digits.npz", "--out", out,
               "--name", name)  # fmt: skip
    assert (done.code, out.exists()) == (2, False)
    assert "a target's name has letters, digits" in done.err


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("command", ["repair", "init"])
def test_what_is_wrong_is_one_line_and_leaves_nothing(project, what, command):
    words, message = WRONG[what]
    before = sorted(project.rglob("*"))
    failed = run(command, *words)
    assert failed.code == 2, failed
    text = json.loads(failed.err)["error"]["message"] if "--json" in words else failed.err
    assert message.replace("mendlite repair", f"mendlite {command}") in text
    assert sorted(project.rglob("*")) == before
