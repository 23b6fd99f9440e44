"""The folder of a repair, by the commands: held by one run, whole or refused, nothing of others replaced."""

import os
import shutil
from pathlib import Path

import pytest

from mendlite.cli import root
from mendlite.errors import BadInputError, MendliteError
from mendlite.files import UNFINISHED, hold_folder
from mendlite.jobs import result_files
from mendlite.reading.limited import Kind
from small_targets import write_target
from tiny_models import dense_spec


def run(*words):
    root.main([str(w) for w in words], standalone_mode=False)


@pytest.fixture(scope="module")
def repaired(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repaired")
    write_target(folder, dense_spec, "")
    repair(folder)
    return folder


@pytest.fixture
def folder(repaired, tmp_path):
    shutil.copytree(repaired, tmp_path / "copy")
    return tmp_path / "copy"


def repair(folder, *words):
    run(
        "repair",
        folder / "target.toml",
        "--out",
        folder / "out",
        "-q",
        "--keep-worse",
        "--strategy",
        "bias",
        *words,
    )


def test_a_folder_of_ours_is_written_again(folder):
    before = (folder / "out" / "repaired.tflite").read_bytes()
    repair(folder)
    assert (folder / "out" / "repaired.tflite").read_bytes() == before
    assert not list((folder / "out").glob(".mendlite*"))


@pytest.mark.parametrize("name", ["delta.json", "certificate.json"])
def test_a_file_that_no_command_would_read_again_is_named(folder, monkeypatch, capsys, name):
    kind = Kind(what=name.removesuffix(".json"), largest=2**8)
    repair(folder)
    assert "note:" not in capsys.readouterr().err
    monkeypatch.setitem(result_files.READ_AGAIN, name, kind)
    repair(folder)
    assert (folder / "out" / name).stat().st_size > 2**8
    assert capsys.readouterr().err == (
        f"note: {name} has 0 MB, and at most 0 are read of a {kind.what}: "
        "a patch of fewer values (--max-bytes) fits\n"
    )


@pytest.mark.parametrize(
    "name",
    [
        "repaired.tflite",
        "delta.json",
        "report.json",
        "details.json",
        "report.html",
        "certificate.json",
        "curve.png",
    ],
)
@pytest.mark.parametrize("kind", ["text", "link", "pipe"])
def test_a_file_in_the_way_is_named_before_the_repair(folder, name, kind, monkeypatch):
    def never(*_args):
        raise AssertionError("the repair ran first")

    monkeypatch.setattr("mendlite.cli.repair.run_repair", never)
    path = folder / "out" / name
    path.unlink(missing_ok=True)
    if kind == "text":
        path.write_text("my notes")
    elif kind == "link":
        path.symlink_to("../target.toml")
    else:
        os.mkfifo(path)
    with pytest.raises(BadInputError, match=f"{name} is"):
        repair(folder)
    assert path.is_symlink() == (kind == "link")
    if kind == "text":
        assert path.read_text() == "my notes"


def test_a_second_run_into_the_folder_says_so(folder):
    with (
        hold_folder(folder / "out"),
        pytest.raises(MendliteError, match="another run writes into this folder"),
    ):
        repair(folder)
    repair(folder)


@pytest.mark.parametrize("out", ["/dev/null", "/dev/null/x", "target.toml", "target.toml/x"])
def test_a_place_that_is_no_folder(folder, out):
    before = os.lstat("/dev/null")
    with pytest.raises(MendliteError, match="cannot make the folder"):
        run("repair", folder / "target.toml", "--out", folder / out if out[0] != "/" else out, "-q")
    assert os.lstat("/dev/null") == before


READERS = {
    "validate": lambda f: ("validate", f / "target.toml", "--model", f / "out" / "repaired.tflite", "-q"),
    "check": lambda f: ("check", f / "out" / "certificate.json", "--target", f / "target.toml"),
    "emit": lambda f: ("emit", f / "target.toml", "--model", f / "out" / "repaired.tflite", "--out", f / "emitted"),
    "flash": lambda f: ("flash", f / "target.toml", "--model", f / "out" / "repaired.tflite", "--dry-run"),
    "diff": lambda f: ("diff", f / "int8.tflite", f / "out" / "repaired.tflite"),
    "apply": lambda f: ("apply", f / "int8.tflite", f / "out" / "delta.json", "--out", f / "again.tflite"),
    "revert": lambda f: ("revert", f / "out" / "repaired.tflite", f / "out" / "delta.json", "--out", f / "back.tflite"),
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_refuses_a_mixed_set(folder, reader):
    run(*READERS[reader](folder))
    mixed(folder / "out")
    with pytest.raises(BadInputError, match="of two runs"):
        run(*READERS[reader](folder))
    repair(folder)
    for made in ("again.tflite", "back.tflite"):
        (folder / made).unlink(missing_ok=True)
    run(*READERS[reader](folder))


def mixed(out: Path):
    """What a run leaves that is killed after its list: other digests than the files have."""
    names = ("repaired.tflite", "delta.json", "certificate.json", "report.json")
    listed = ",".join(f'"{name}": "{"0" * 64}"' for name in names)
    text = f'{{\n "format": "mendlite-unfinished",\n "version": 1,\n "files": {{{listed}}}}}\n'
    (out / UNFINISHED).write_text(text)


@pytest.mark.parametrize("command", ["apply", "revert"])
def test_a_patched_file_replaces_no_link_and_no_text(folder, command):
    words = READERS[command](folder)
    out = Path(words[-1])
    out.symlink_to("target.toml")
    with pytest.raises(BadInputError, match="is a link"):
        run(*words)
    out.unlink()
    out.write_text("my notes")
    with pytest.raises(BadInputError, match="was not written by this command"):
        run(*words)
    assert out.read_text() == "my notes"
