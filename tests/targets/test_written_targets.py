"""Target files that mendlite writes: the same target again, and a root above their folder."""

import shutil
from pathlib import Path

import pytest

from mendlite.errors import BadInputError
from mendlite.targets.load import find_target, load_target, named_targets, read_target
from mendlite.targets.schema import parse
from mendlite.targets.write import target_text

DIGITS = find_target("digits").parent
HERE = 'root = "here"\n'


@pytest.mark.parametrize("name", dict(named_targets()))
def test_what_is_written_is_read_as_the_same_target(name):
    target = read_target(find_target(name))
    assert parse(target_text(target).encode()) == target


def test_names_with_every_character_survive():
    target = read_target(find_target("digits"))
    import msgspec

    odd = msgspec.structs.replace(
        target,
        description='a "quoted" \\ text, \x7f\x01 and é',
        class_names=["null\n", "ein", "zwölf"],
        data={"a b.c": target.data["digits"]},
    )
    text = target_text(odd)
    assert parse(text.encode()) == odd


@pytest.fixture
def project(tmp_path):
    """A project whose target.toml lies two folders below its models and samples."""
    for name in ("float.tflite", "int8.tflite", "digits.npz"):
        shutil.copy(DIGITS / name, tmp_path / name)
    folder = tmp_path / "build" / "digits"
    folder.mkdir(parents=True)
    text = (DIGITS / "target.toml").read_text(encoding="utf-8").replace(HERE, "")
    (folder / "target.toml").write_text('root = "../.."\n' + text, encoding="utf-8")
    return tmp_path


def load(project, **options):
    return load_target(str(project / "build" / "digits"), data_root=None, **options)


def test_files_above_are_read_where_the_program_runs_there(project, monkeypatch):
    monkeypatch.chdir(project)
    found = load(project).models.int8.path
    assert found.samefile(project / "int8.tflite")
    monkeypatch.chdir(project.parent)
    assert load(project).models.int8.path == found


@pytest.mark.parametrize("place", ["build/digits", "build", "/"])
def test_a_root_elsewhere_needs_a_permission(project, monkeypatch, place):
    """From / alone everything lies below, so that a target of the wrong depth is tried there."""
    monkeypatch.chdir(project / place)
    if place == "/":
        assert load(project).name == "digits"
        return
    with pytest.raises(BadInputError, match=r"root = \"../..\".*run it in .*`allow_outside`"):
        load(project)
    assert load(project, allow_outside=True).name == "digits"


def test_no_path_leads_out_of_the_root(project, monkeypatch):
    monkeypatch.chdir(project)
    shutil.move(project / "int8.tflite", project.parent / "elsewhere.tflite")
    path = project / "build" / "digits" / "target.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"int8.tflite"', '"../elsewhere.tflite"'), encoding="utf-8")
    with pytest.raises(BadInputError, match="leads out of the folder"):
        load(project)


@pytest.mark.parametrize("root", ["../x", "/", "/etc", "x/..", "", "..x", "../", "Here"])
def test_a_root_is_a_number_of_folders_up_and_nothing_else(project, monkeypatch, root):
    monkeypatch.chdir(project)
    path = project / "build" / "digits" / "target.toml"
    text = path.read_text(encoding="utf-8").replace("../..", root)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match="root"):
        load(project)
    assert Path.cwd() == project
