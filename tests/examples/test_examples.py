"""docs/examples: each model is repaired by the one command that the page shows, and is better."""

import json

import pytest

from mendlite.targets.load import load_target
from page_commands import EXAMPLES, blocks, missing, run_block

PAGE = EXAMPLES / "README.md"
BLOCKS = {block.folder: block for block in blocks(PAGE)}


def feeding(multiply=1.0):
    return {"subtract": pytest.approx(0), "multiply": pytest.approx(multiply)}


EXPECTED = {
    "images": ("classification", feeding(multiply=1 / 255)),
    "accelerometer": ("classification", feeding()),
    "wake_word": ("multi-label", feeding(multiply=1 / 32768)),
    "regression": ("regression", feeding()),
    "autoencoder": ("autoencoder", feeding()),
    "detector": ("detection", feeding()),
    "two_inputs": ("classification", feeding(multiply=1 / 255)),
}
"""The task, and how the samples are fed to the float model."""


def test_every_example_is_on_the_page():
    scripts = {path.parent.name for path in EXAMPLES.glob("*/train.py")}
    assert scripts == set(BLOCKS) == set(EXPECTED)


@pytest.mark.slow
@pytest.mark.parametrize("kind", EXPECTED)
def test_one_command_repairs_it(kind, tmp_path):
    block = BLOCKS[kind]
    (command,) = block.commands
    assert command.startswith("mendlite repair float.tflite int8.tflite --data ")
    printed = run_block(block, tmp_path)
    folder = tmp_path / kind / "build" / "int8"
    task, fed = EXPECTED[kind]
    target = load_target(str(folder / "target.toml"), data_root=None, allow_outside=True)
    assert target.task.kind == task
    for one in target.inputs:
        assert {"subtract": one.subtract, "multiply": one.multiply} == fed
    validation = json.loads((folder / "report.json").read_text(encoding="utf-8"))["validation"]
    before, after = validation["int8"], validation["repaired"]
    assert before["failing"] > 0
    assert after["failing"] < before["failing"]
    assert after["loss"] < before["loss"] / 2
    assert not list(missing(block.shown, printed)), printed


def test_a_line_that_is_not_printed_is_found():
    assert list(missing(["fed as x / 255"], "fed as x / 128\n")) == []
    assert list(missing(["12 samples fail"], "12 tests fail\n")) == ["12 samples fail"]
