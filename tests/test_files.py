"""Files appear whole or not at all."""

from pathlib import Path

import pytest

from mendlite.errors import BadInputError, MendliteError
from mendlite.files import require_writable, write_file, write_together


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_all_are_written(tmp_path):
    write_together(tmp_path / "new", {"a": b"1", "b": b"2"})
    assert (tmp_path / "new" / "a").read_bytes() == b"1"
    assert names(tmp_path / "new") == ["a", "b"]


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    write_file(tmp_path / "a", b"old")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(MendliteError, match="No space left on device"):
        write_together(tmp_path, {"a": b"new", "b": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_folder_that_is_a_file(tmp_path):
    write_file(tmp_path / "a", b"x")
    with pytest.raises(MendliteError, match="cannot make the folder"):
        write_file(tmp_path / "a" / "b", b"y")


def test_a_folder_is_tried_without_making_it(tmp_path):
    require_writable(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    write_file(tmp_path / "f", b"")
    with pytest.raises(MendliteError, match="is a file"):
        require_writable(tmp_path / "f" / "b")


def test_a_regular_file_that_cannot_be_read_is_not_replaced():
    with pytest.raises(BadInputError, match="/proc/self/mem is there"):
        write_file(Path("/proc/self/mem"), b"TFL3")
