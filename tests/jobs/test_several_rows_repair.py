"""Models whose input has several rows are validated, repaired and analyzed."""

import json
from functools import partial

import numpy as np
import pytest

from in_process import run
from several_rows import CLASSES, dense_rows, drawn, images, pooled, two_inputs, write

CASES = {
    "dense": (dense_rows, {"x": drawn(4, 16)}, 4),
    "convolution": (images, {"x": drawn(2, 8, 8, 3) + drawn(2, 1, 1, 3, seed=7)}, 2),
    "two inputs": (two_inputs, {"x": drawn(4, 16), "o": drawn(16, seed=6)}, 4),
    "pooled": (pooled, {"x": drawn(4, 16) + 2 * drawn(1, 16, seed=8)}, 1),
}


def report(folder):
    return json.loads((folder / "report.json").read_text())


@pytest.mark.parametrize("name", CASES)
def test_failing_tests_are_cut(tmp_path, name):
    make, samples, tests = CASES[name]
    target = write(tmp_path, make, samples)
    done = run("repair", str(target), "--out", str(tmp_path / "out"))
    assert done.code == 0, done.err
    found = report(tmp_path / "out")
    assert found["validation"]["samples"] == 200 * tests
    assert found["validation"]["repaired"]["failing"] < found["validation"]["int8"]["failing"]
    assert found["validation"]["repaired"]["loss"] < found["validation"]["int8"]["loss"]
    assert found["second_opinion"]["confirmed"]
    check = ("check", str(tmp_path / "out" / "certificate.json"), "--target", str(target))
    done = run(*check)
    assert done.code == 0, done.out + done.err
    file = tmp_path / "out" / "repaired.tflite"
    changed = bytearray(file.read_bytes())
    changed[-1] ^= 1
    file.write_bytes(changed)
    assert run(*check).code == 1


def test_rows_are_judged_as_samples_of_one_row_are(tmp_path):
    rows = drawn(4, 16)
    found = []
    for count, samples in ((4, rows), (1, rows.reshape(-1, 16))):
        folder = tmp_path / str(count)
        folder.mkdir()
        target = write(folder, partial(dense_rows, count), {"x": samples})
        ends = [n * 4 // count for n in (0, 100, 200, 400)]
        text = target.read_text()
        for each, begin, end in zip(("count = 150", "count = 50"), ends, ends[1:], strict=False):
            text = text.replace(each, f"rows = [{begin}, {end}]")
        target.write_text(text)
        done = run("validate", str(target), "--json")
        assert done.code == 0, done.err
        found.append(json.loads(done.out)["int8"])
    assert found[0]["failing"] > 0
    assert found[0] == found[1]


@pytest.mark.parametrize("strategy", ["qnnrepair", "least-squares", "margins", "distill"])
def test_strategies(tmp_path, strategy):
    target = write(tmp_path, dense_rows, {"x": drawn(4, 16)})
    done = run("repair", str(target), "--out", str(tmp_path / "out"), "--strategy", strategy)
    assert done.code in (0, 3), done.err


def test_labels_of_every_row(tmp_path):
    y = np.random.default_rng(0).integers(0, CLASSES, (400, 4))
    target = write(tmp_path, dense_rows, {"x": drawn(4, 16)}, y=y)
    done = run("validate", str(target))
    assert done.code == 0, done.err
    assert "accuracy" in done.out


@pytest.mark.parametrize("command", ["analyze", "validate"])
@pytest.mark.parametrize("name", CASES)
def test_analyze_and_validate(tmp_path, name, command):
    make, samples, _ = CASES[name]
    done = run(command, str(write(tmp_path, make, samples)))
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("samples", "labels", "said"),
    [
        (drawn(16, count=1600), {}, "samples are an array (N, 4, 16)"),
        (drawn(1, 4, 8), {}, "samples are an array (N, 4, 16)"),
        (drawn(), {}, "samples are an array (N, 4, 16)"),
        (drawn(4, 16), {"y": np.zeros(400, int)}, "not (N, 4)"),
        (drawn(4, 16), {"y": np.zeros((400, 3), int)}, "not (N, 4)"),
        (drawn(4, 16), {"y": np.full((400, 4), CLASSES)}, f"{CLASSES} outputs"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path, samples, labels, said):
    done = run("validate", str(write(tmp_path, dense_rows, {"x": samples}, **labels)))
    assert done.code == 2, done.err
    assert said in done.err
    assert len(done.err.strip().splitlines()) == 1
