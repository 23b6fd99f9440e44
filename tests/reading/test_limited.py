"""Files of a user: regular ones of a bounded size, refused at once otherwise."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mendlite.errors import BadInputError
from mendlite.reading.inside import inside
from mendlite.reading.limited import (
    MODEL,
    TABLE,
    Kind,
    digest_of,
    printable,
    read_limited,
    shown,
)

SMALL = Kind(what="note", largest=10)


def test_a_file_is_read_and_hashed(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    assert read_limited(path, SMALL) == b"0123456789"
    assert digest_of(path, SMALL).startswith("84d89877f0d4041e")
    (tmp_path / "link").symlink_to(path)
    assert read_limited(tmp_path / "link", SMALL) == b"0123456789"


def test_a_file_over_the_limit_of_its_kind(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"0123456789a")
    with pytest.raises(BadInputError, match="11 bytes are too many for a note: at most 10"):
        read_limited(path, SMALL)


def test_a_sparse_file_of_a_terabyte_is_refused_by_its_size(tmp_path):
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(2**40)
    for kind in (MODEL, TABLE):
        with pytest.raises(BadInputError, match="too many"):
            read_limited(path, kind)


def special(folder, kind):
    path = folder / kind
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(str(path))
    else:
        path.symlink_to("/dev/zero")
    return path


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "socket"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, kind):
    with pytest.raises(BadInputError, match=f"a {kind}, not a file"):
        read_limited(special(tmp_path, kind), MODEL)


@pytest.mark.parametrize(
    ("name", "message"),
    [("gone", "No such file"), ("x" * 5000, "File name too long"), ("a\0b", "no file can have")],
)
def test_a_name_that_no_file_has(tmp_path, name, message):
    with pytest.raises(BadInputError, match=message) as caught:
        read_limited(tmp_path / name, MODEL)
    assert len(str(caught.value)) < 400


def test_a_name_cannot_write_to_the_terminal():
    assert printable("a\x1b[31m\n\udc80é") == "a\\x1b[31m\\n\\udc80é"
    assert shown("y" * 500).endswith("y...")


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"s")
    (folder / "in").write_bytes(b"i")
    return folder


@pytest.mark.parametrize("name", ["in", "sub/../in", "./in", "gone", "sub/loop/../in", "inner"])
def test_paths_that_stay_inside(root, name):
    (root / "sub" / "loop").symlink_to(".")
    (root / "inner").symlink_to("in")
    assert inside(root, name, said_by="t", allow_outside=False) == root / name


@pytest.mark.parametrize(
    "name", ["../secret", "{root}/../secret", "/etc/passwd", "link", "sub/up/secret", "linked/a"]
)
def test_paths_that_lead_out(root, name):
    (root / "link").symlink_to("../secret")
    (root / "sub" / "up").symlink_to("../..")
    (root / "linked").symlink_to("/etc")
    name = name.format(root=root)
    with pytest.raises(BadInputError, match="leads out of the folder.*`allow_outside`"):
        inside(root, name, said_by="t", allow_outside=False)
    assert inside(root, name, said_by="t", allow_outside=True) == root / name


@pytest.mark.parametrize("name", ["a\0b", "loop/x"])
def test_paths_that_are_none(root, name):
    (root / "loop").symlink_to("loop")
    try:
        path = inside(root, name, said_by="t", allow_outside=False)
    except BadInputError:
        return
    with pytest.raises(BadInputError):
        read_limited(path, MODEL)


def test_a_pipe_does_not_hang_a_command(tmp_path):
    pipe = special(tmp_path, "pipe")
    for words in (["diff", pipe, pipe], ["check", pipe], ["apply", pipe, pipe, "--out", "o"],
                  ["solve", pipe], ["repair", f"{pipe}"], ["emit", "digits", "--model", pipe]):  # fmt: skip
        ended = subprocess.run(
            [sys.executable, "-m", "mendlite", *map(str, words)], capture_output=True, timeout=300,
            text=True, check=False, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "toolchain")},
        )  # fmt: skip
        assert ended.returncode == 2, words
        assert len(ended.stderr.splitlines()) == 1, ended.stderr
