"""``mendlite advise``: its files, its words, and what it refuses in one line."""

import json
import shutil

import pytest

from in_process import run
from mendlite.targets.load import find_target

DIGITS = find_target("digits").parent


def test_it_writes_the_advice_and_the_recipe(tmp_path):
    out = tmp_path / "out"
    words = ("advise", "digits", "--flash", "11000", "--dense", "--samples", "60", "--out", out)
    found = run(*words)
    assert found.code == 0, found.err
    assert found.out.startswith("advice: 4 bits for layer 3; int8 for 0, 1, 2, 4: 9,888 of 11,000")
    assert f"--recipe {out / 'recipe.json'}" in found.out
    assert {p.name for p in out.iterdir()} >= {"advice.json", "advice.csv", "recipe.json"}
    assert json.loads((out / "advice.json").read_bytes())["mixes"][1]["int4"] == [3]


def test_the_json_is_the_file_and_another_run_replaces_it(tmp_path):
    words = ("advise", "digits", "--flash", "20k", "--strategy", "bias", "--samples", "20", "-q")
    for _ in range(2):
        found = run(*words, "--out", tmp_path, "--json")
        assert found.code == 0, found.err
        assert found.out.encode() == (tmp_path / "advice.json").read_bytes()


def test_a_float_file_alone_is_refused_with_what_is_needed(tmp_path):
    shutil.copy(DIGITS / "float.tflite", tmp_path)
    shutil.copy(DIGITS / "digits.npz", tmp_path)
    found = run(
        "advise", tmp_path / "float.tflite", "--flash", "60k", "--data", tmp_path / "digits.npz"
    )
    assert found.code == 2
    assert found.err.count("\n") == 1
    assert "name the int8 file that was made from it, too" in found.err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--flash", "much"), "--flash is a size such as 60k"),
        (("--flash", "1k"), "with --dense"),
        ((), "--flash"),
        (("--flash", "11k", "--runner", "tflm"), "leave --runner and --device"),
    ],
)
def test_what_is_refused_writes_nothing(words, part, tmp_path):
    found = run("advise", "digits", *words, "--out", tmp_path / "out")
    assert found.code == 2
    assert found.err.count("\n") == 1
    assert part in found.err
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


def test_a_file_of_anothers_is_not_replaced(tmp_path):
    (tmp_path / "recipe.json").write_text("mine")
    found = run("advise", "digits", "--flash", "11k", "--dense", "--out", tmp_path)
    assert found.code == 2
    assert (tmp_path / "recipe.json").read_text() == "mine"
