"""A set of results appears as one; what is not ours stays; two runs do not share a folder."""

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from files_killed import FORMS, NAMES, contents
from mendlite import files
from mendlite.errors import BadInputError, MendliteError
from mendlite.files import (
    UNFINISHED,
    hold_folder,
    require_ours,
    require_whole,
    write_file,
    write_set,
    write_together,
)

TOOLS = Path(__file__).parents[1] / "toolchain"


def killed_at(folder, count, text):
    ended = subprocess.run(
        [sys.executable, Path(__file__).with_name("files_killed.py"), folder, str(count), text],
        env={**os.environ, "PYTHONPATH": str(TOOLS)}, check=False, capture_output=True,
    )  # fmt: skip
    assert ended.returncode in (0, -9), ended.stderr
    return ended.returncode


def state(folder):
    return {n: (folder / n).read_bytes() for n in NAMES if (folder / n).exists()}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_run_killed_between_two_files_leaves_no_set_that_anyone_takes(tmp_path, first, count):
    if not first:
        write_set(tmp_path, contents("old"), FORMS)
    assert killed_at(tmp_path, count, "new") == -9
    found = state(tmp_path)
    for name in found:
        if count == 1:
            assert found == contents("old")
            require_whole(tmp_path / name)
        else:
            with pytest.raises(BadInputError, match="of two runs"):
                require_whole(tmp_path / name)
    assert list(tmp_path.glob(".mendlite-*"))
    write_set(tmp_path, contents("next"), FORMS)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(NAMES)
    assert all(require_whole(tmp_path / name) for name in NAMES)


def test_a_run_that_is_not_killed(tmp_path):
    assert killed_at(tmp_path, 9, "new") == 0
    assert state(tmp_path) == contents("new")


def test_a_smaller_set_takes_the_place_of_a_larger_one(tmp_path):
    curve = b"\x89PNG Software\0mendlite"
    write_set(tmp_path, {**contents("old"), "curve.png": curve}, FORMS)
    (tmp_path / "mine").write_bytes(b"m")
    write_set(tmp_path, contents("new"), FORMS)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*NAMES, "mine"])


def test_a_list_whose_files_are_all_there_was_only_not_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "unlink", lambda *_a, **_k: None)
    write_set(tmp_path, contents("new"), FORMS)
    assert (tmp_path / UNFINISHED).exists()
    assert all(require_whole(tmp_path / name) for name in NAMES)


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", "x", '{"format": "mendlite-unfinished", "version": 1, "files": {"../a": "' + "0" * 64 + '"}}',
     '{"format": "mendlite-unfinished", "version": 1, "files": {"a": 1}}', '{"format": "mendlite-unfinished", "version": 1, "files": []}'],
)  # fmt: skip
def test_a_list_that_is_none_of_ours(tmp_path, text):
    (tmp_path / UNFINISHED).write_text(text)
    with pytest.raises(BadInputError, match="unfinished.json.*remove it|is no JSON"):
        require_whole(tmp_path / "a")


def make(folder, kind):
    path = folder / "repaired.tflite"
    if kind == "link":
        (folder / "else").write_bytes(b"precious")
        path.symlink_to("else")
    elif kind == "dangling":
        path.symlink_to("nowhere")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(str(path))
    else:
        path.write_bytes(b"precious")
    return path


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder", "socket", "file"])
@pytest.mark.parametrize("write", [write_set, write_file])
def test_nothing_replaces_what_is_not_ours(tmp_path, kind, write):
    path = make(tmp_path, kind)
    before = path.lstat()
    with pytest.raises(BadInputError, match="not replaced|was not written"):
        if write is write_set:
            write_set(tmp_path, contents("new"), FORMS)
        else:
            write_file(path, b"\0\0\0\0TFL3 a model")
    assert path.lstat().st_ino == before.st_ino
    if kind in ("link", "file"):
        assert path.read_bytes() == b"precious"
    assert not list(tmp_path.glob(".mendlite-*"))
    with pytest.raises(BadInputError):
        require_ours(tmp_path, FORMS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("report.json", b'{"mine": 1}'),
        ("delta.json", b'{\n "format": "other"}'),
        ("curve.png", b"\x89PNG\r\n\x1a\n a photograph"),
        ("repaired.tflite", b"text"),
    ],
)
def test_files_of_the_same_names_that_others_wrote(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInputError, match="was not written by this command"):
        write_set(tmp_path, contents("new"), FORMS)
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("path", ["/dev/null", "/dev/full"])
def test_a_device_is_never_replaced(path):
    before = os.lstat(path)
    for write in (
        lambda: write_file(Path(path), b"x"),
        lambda: write_file(Path(path), b"x", force=True),
    ):
        with pytest.raises(BadInputError, match="is a device"):
            write()
    assert os.lstat(path) == before


@pytest.mark.parametrize(
    ("old", "new", "taken"),
    [
        (b"\x14\0\0\0TFL3old", b"\x1c\0\0\0TFL3new", True),
        (b"PK\3\4old", b"PK\3\4new", True),
        (b'{\n "format": "mendlite-delta",', b'{\n "format": "mendlite-delta", "x"', True),
        (b"\x14\0\0\0TFL3old", b"PK\3\4new", False),
        (b"notes", b"\x14\0\0\0TFL3new", False),
        (b"notes", b"other notes", False),
        (b"", b"PK\3\4new", False),
    ],
)
def test_a_single_file_takes_the_place_of_its_like(tmp_path, old, new, taken):
    path = tmp_path / "out"
    path.write_bytes(old)
    if taken:
        write_file(path, new)
        assert path.read_bytes() == new
        return
    with pytest.raises(BadInputError, match="was not written by this command"):
        write_file(path, new)
    assert path.read_bytes() == old
    write_file(path, new, force=True)


@pytest.fixture
def umask():
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize(
    ("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664), (0o027, 0o640)]
)
def test_modes_follow_the_umask(tmp_path, umask, mask, mode):
    umask(mask)
    write_set(tmp_path / "new", contents("a"), FORMS)
    for name in NAMES:
        assert (tmp_path / "new" / name).stat().st_mode & 0o777 == mode


def test_a_file_keeps_its_mode(tmp_path, umask):
    umask(0o022)
    write_file(tmp_path / "a", b"PK\3\4")
    (tmp_path / "a").chmod(0o600)
    write_file(tmp_path / "a", b"PK\3\4 more")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_the_list_reaches_the_disk_before_the_files(tmp_path, monkeypatch):
    events = []
    replace, sync = os.replace, os.fsync
    monkeypatch.setattr("os.replace", lambda a, b: (events.append(Path(b).name), replace(a, b)))
    monkeypatch.setattr(
        "os.fsync",
        lambda h: (
            events.append("sync" if Path(f"/proc/self/fd/{h}").is_dir() else "data"),
            sync(h),
        ),
    )
    write_set(tmp_path, {"a": b"1", "b": b"2"}, {})
    assert events == ["data"] * 3 + [UNFINISHED, "sync", "a", "sync", "b", "sync", "sync"]


def test_a_full_disk_at_any_write_leaves_the_set_before(tmp_path, monkeypatch):
    write_set(tmp_path, contents("old"), FORMS)
    write, calls = os.write, []

    def full(handle, data):
        calls.append(handle)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return write(handle, data)

    monkeypatch.setattr("os.write", full)
    with pytest.raises(MendliteError, match="No space left on device"):
        write_set(tmp_path, contents("new"), FORMS)
    assert state(tmp_path) == contents("old")
    assert all(require_whole(tmp_path / name) for name in NAMES)
    assert not list(tmp_path.glob(".mendlite-*"))


def test_two_runs_into_one_folder(tmp_path):
    out = tmp_path / "build" / "out"
    with (
        hold_folder(out),
        pytest.raises(MendliteError, match="another run writes"),
        hold_folder(out),
    ):
        pass
    assert not (tmp_path / "build").exists()
    with hold_folder(out):
        write_set(out, {"a": b"1"}, {})
    assert (out / "a").exists()


def test_a_killed_run_blocks_nobody(tmp_path):
    code = (
        "import os, signal, pathlib, sys; from mendlite.files import hold_folder\n"
        "with hold_folder(pathlib.Path(sys.argv[1])):\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "out"], check=False,
        env={**os.environ, "PYTHONPATH": str(TOOLS)},
    )  # fmt: skip
    assert ended.returncode == -9
    with hold_folder(tmp_path / "out"):
        pass


def test_parts_of_a_run_that_is_alive_stay(tmp_path):
    alive, dead = (tmp_path / f".mendlite-{n}.part" for n in ("1", "2"))
    alive.write_bytes(b"")
    dead.write_bytes(b"")
    with alive.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_together(tmp_path, {"a": b"1"})
        assert alive.exists()
        assert not dead.exists()


def test_the_public_names_are_all_there():
    assert all(hasattr(files, name) for name in files.__all__)
