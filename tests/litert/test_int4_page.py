"""docs/guide/int4.md: every command, from the float file to repaired files of both kinds."""

import json
from pathlib import Path

import pytest

from mendlite.jobs.advice.mixed_case import derived
from mendlite.tflite.reader import read_file
from page_commands import EXAMPLES, blocks, run_block

# One process runs the page for all of them.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("the page on int4")]


@pytest.fixture(scope="module")
def folder(litert_python, tmp_path_factory):
    """The folder in which the page's commands were run."""
    place = tmp_path_factory.mktemp("page")
    for block in blocks(EXAMPLES.parent / "guide" / "int4.md"):
        run_block(block, place, Path(litert_python))
    return place / "images"


def bits(path):
    """Of each layer by execution order."""
    model = read_file(path)
    return [model.tensors[layer.weights].dtype.value for layer in model.layers]


@pytest.mark.parametrize("name", ["int4", "mixed"])
def test_the_page_repairs_its_files(folder, name):
    report = json.loads((folder / "build" / name / "report.json").read_bytes())
    before, after = report["validation"]["int8"], report["validation"]["repaired"]
    assert after["failing"] < before["failing"]
    assert report["second_opinion"]["confirmed"]


def test_the_recipe_makes_the_mix_that_was_advised(folder):
    advice = json.loads((folder / "build" / "full-advice" / "advice.json").read_bytes())
    mix = next(mix for mix in advice["mixes"] if mix["name"] == advice["chosen"])
    assert mix["int4"]
    expected = ["INT4" if n in mix["int4"] else "INT8" for n in range(len(advice["layers"]))]
    assert bits(folder / "mixed.tflite") == expected
    assert bits(folder / "full.tflite") == ["INT8"] * len(expected)
    size = (folder / "mixed.tflite").stat().st_size
    assert abs(size - mix["bytes"]) <= 16 * len(mix["int4"])
    assert size <= advice["flash"]
    report = json.loads((folder / "build" / "mixed" / "report.json").read_bytes())["validation"]
    for ours, real in (("before", "int8"), ("repaired", "repaired")):
        for figure in ("failing", "loss", "accuracy"):
            assert report[real][figure] == pytest.approx(mix[ours][figure], rel=1e-9)


def test_what_is_derived_is_what_the_quantizer_writes(folder):
    """The weights, scales and biases of int4.tflite from full.tflite and float.tflite."""
    float_model, full = read_file(folder / "float.tflite"), read_file(folder / "full.tflite")
    real = read_file(folder / "int4.tflite")
    numbers = {n for n, kind in enumerate(bits(folder / "int4.tflite")) if kind == "INT4"}
    ours = derived(float_model, full, numbers)
    for mine, theirs in zip(ours.layers, real.layers, strict=True):
        for tensor in ("weights", "bias"):
            a = ours.tensors[getattr(mine, tensor)]
            b = real.tensors[getattr(theirs, tensor)]
            assert a.data.tolist() == b.data.tolist()
            assert a.quant.scale.tolist() == b.quant.scale.tolist()
