"""--json on every command: one JSON value on stdout, and an error as one JSON object on stderr."""

import json
from pathlib import Path

import click
import pytest

from in_process import run
from mendlite import cli
from mendlite.targets.load import find_target

DIGITS = find_target("digits").parent


def commands(group=cli.root, path=()):
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))
        else:
            yield (*path, name), found


ALL = dict(commands())


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_json(path):
    assert "--json" in {flag for param in ALL[path].params for flag in param.opts}


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_an_error_is_one_json_object(path):
    failed = run(*path, "--json", "--no-such-option")
    assert failed.code == 2
    assert failed.out == ""
    error = json.loads(failed.err)["error"]
    assert error["code"] == 2
    assert error["kind"] == "bad input"
    assert "--no-such-option" in error["message"]


def test_an_error_after_the_result_is_on_stderr_alone(tmp_path):
    text = (DIGITS / "target.toml").read_text(encoding="utf-8")
    for name in ("float.tflite", "int8.tflite", "digits.npz"):
        (tmp_path / name).symlink_to(DIGITS / name)
    strict = text.replace("[gate]", "[gate]\nmax_rms = 0.000001")
    (tmp_path / "target.toml").write_text(strict, encoding="utf-8")
    words = ("validate", tmp_path / "target.toml", "--gate", "--json", "--allow-outside")
    failed = run(*words, "--validation-samples", "30")
    assert failed.code == 4
    assert json.loads(failed.out)["samples"] == 30
    assert json.loads(failed.err)["error"]["kind"] == "gate failed"


@pytest.fixture
def delta(tmp_path):
    """A delta that turns the digits' int8 file into itself."""
    path = tmp_path / "d.json"
    int8 = DIGITS / "int8.tflite"
    assert run("diff", int8, int8, "--out", path).code == 0
    return path


def test_what_commands_print(tmp_path, delta):
    int8 = DIGITS / "int8.tflite"
    names = {one["name"] for one in json.loads(run("boards", "--json").out)}
    assert "nrf52840" in names
    for command in ("apply", "revert"):
        found = json.loads(run(command, int8, delta, "--out", tmp_path / "x.tflite", "--json").out)
        assert found == {
            "file": str(tmp_path / "x.tflite"),
            "bytes": int8.stat().st_size,
            "values_changed": 0,
        }
    words = ("emit", "digits", "--model", int8, "--out", tmp_path / "e", "--json")
    emitted = json.loads(run(*words, "--formats", "cc,manifest").out)
    assert {Path(one["file"]).name for one in emitted["files"]} == {
        "g_model.h", "g_model.cc", "manifest.json",
    }  # fmt: skip
    found = json.loads(
        run("extract", tmp_path / "e" / "g_model.cc", tmp_path / "y.tflite", "--json").out
    )
    assert found["array"] == "g_model"
    assert isinstance(json.loads(run("device", "list", "--json").out), list)
    words = ("init", DIGITS / "float.tflite", int8, "--data", DIGITS / "digits.npz")
    made = json.loads(run(*words, "--out", tmp_path / "t.toml", "--json").out)
    assert made["name"] == "int8"
    assert "classifier" in made["understood"][0]
