"""The front door and the API with models whose input has several rows."""

import numpy as np
import pytest

import mendlite
from in_process import run
from mendlite.model.rounding import Profile
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from several_rows import CLASSES, dense_rows, drawn, two_inputs, write

X = drawn(4, 16)


@pytest.fixture
def models(tmp_path):
    write(tmp_path, dense_rows, {"x": X})
    return tmp_path


def of_float(folder, x):
    """The float model's class of each row, (n, 4)."""
    model = read((folder / "float.tflite").read_bytes())
    (output,) = model.outputs
    values = collect(ReferenceRunner(model=model, profile=Profile.TFLM), [x], [output])[output]
    return values.argmax(axis=1).reshape(len(x), 4)


def repaired(folder, *options):
    files = (str(folder / "float.tflite"), str(folder / "int8.tflite"))
    return run("repair", *files, "--out", str(folder / "out"), *options)


@pytest.mark.parametrize("one_hot", [False, True])
def test_labels_of_rows_are_those_of_the_rows(models, one_hot):
    y = of_float(models, X)
    np.savez(models / "d.npz", x=X, y=np.eye(CLASSES, dtype=int)[y] if one_hot else y)
    done = repaired(models, "--data", str(models / "d.npz"), "--labels", "y")
    assert done.code == 0, done.err
    assert f"classifier of each of 4 rows, {CLASSES} classes" in done.err
    assert "float accuracy 100" in done.err
    target = str(models / "out" / "target.toml")
    check = ("check", str(models / "out" / "certificate.json"), "--target", target)
    done = run(*check, "--allow-outside")
    assert done.code == 0, done.out + done.err


def test_rows_of_labels_in_another_order_are_noticed(models):
    y = of_float(models, X)[:, ::-1]
    np.savez(models / "d.npz", x=X, y=y)
    done = repaired(models, "--data", str(models / "d.npz"), "--labels", "y")
    assert done.code == 2
    assert "no more to do with the labels than chance" in done.err


@pytest.mark.parametrize("shape", [(-1, 16), (-1, 2, 4, 4), (-1,)])
def test_another_shape_is_one_line_with_the_wanted_one(models, shape):
    np.save(models / "x.npy", X.reshape(shape))
    done = repaired(models, "--data", str(models / "x.npy"), "--task", "classification")
    assert done.code == 2
    assert "N samples are an array (N, 4, 16)" in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_inputs_of_different_first_axes(tmp_path):
    write(tmp_path, two_inputs, {"rows": X, "offset": drawn(16, seed=6)})
    done = repaired(tmp_path, "--data", str(tmp_path / "data.npz"), "--task", "classification")
    assert done.code == 0, done.err
    assert "4 rows" in done.err


def test_the_api_takes_whole_samples(models):
    files = {"int8": str(models / "int8.tflite"), "float_model": str(models / "float.tflite")}
    dataset = mendlite.Dataset(X, of_float(models, X))
    result = mendlite.repair(**files, samples=dataset, task="classification")
    validation = result.report.validation
    assert validation.samples == 800
    assert validation.float.accuracy == 1.0
    assert validation.repaired.failing < validation.int8.failing
