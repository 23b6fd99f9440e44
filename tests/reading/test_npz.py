"""Arrays from strangers: every size is known before anything is unpacked."""

import io
import os
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendlite.errors import BadInputError
from mendlite.reading.npz import read_arrays, read_npy, read_npz


def npy(values):
    sink = io.BytesIO()
    np.save(sink, values, allow_pickle=True)
    return sink.getvalue()


def archive(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return path


def with_header(text, body=b""):
    head = text.encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + body


@pytest.mark.parametrize("dtype", ["u1", "<i2", ">i4", "<i8", "<f2", "<f4", ">f8", "?"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_saves_is_read(tmp_path, dtype, save):
    values = (np.arange(24) % 2).reshape(2, 3, 4).astype(dtype)
    save(tmp_path / "a.npz", x=values, y=np.asfortranarray(values), z=values[:0], s=values[0, 0, 0])
    found = read_npz(tmp_path / "a.npz", None)
    for name, wanted in (("x", values), ("y", values), ("z", values[:0]), ("s", values[0, 0, 0])):
        assert np.array_equal(found[name], wanted)
        assert found[name].shape == wanted.shape
        assert found[name].dtype == wanted.dtype.newbyteorder("=")
    np.save(tmp_path / "a.npy", values)
    assert np.array_equal(read_npy(tmp_path / "a.npy"), values)


def test_other_values_are_left_out_or_named(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(3), names=np.array(["cat"]), o=np.array([{}, 1]))
    assert list(read_npz(tmp_path / "a.npz", None)) == ["x"]
    with pytest.raises(BadInputError, match="array 'o' holds Python objects"):
        read_npz(tmp_path / "a.npz", ["o"])
    with pytest.raises(BadInputError, match="array 'names' is str"):
        read_npz(tmp_path / "a.npz", ["names"])
    with pytest.raises(BadInputError, match="no array 'z'; there are: x, names, o"):
        read_npz(tmp_path / "a.npz", ["z"])


def test_a_bomb_is_refused_by_its_directory(tmp_path):
    zeros = npy(np.zeros(2**26, np.uint8))
    member = archive(tmp_path / "one.npz", {"x": zeros})
    assert read_npz(member, ["x"])["x"].size == 2**26
    archive(tmp_path / "many.npz", {f"x{i}": zeros for i in range(5)})
    with pytest.raises(BadInputError, match=r"bytes unpack to 3355"):
        read_npz(tmp_path / "many.npz", None)


def test_a_directory_that_lies_about_sizes(tmp_path):
    path = archive(tmp_path / "a.npz", {"x": npy(np.zeros(2**20, np.uint8))})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\1\2") + 24
    for size in (100, 2**20, 2**29, 2**32 - 1):
        struct.pack_into("<I", data, at, size)
        path.write_bytes(data)
        with pytest.raises(BadInputError):
            read_npz(path, ["x"])


@pytest.mark.parametrize(
    "text",
    [
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), }",
        "{'descr': '<i4', 'fortran_order': 1, 'shape': (1,), }",
        "{'descr': '<i4', 'shape': (1,), }",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<M8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<q4', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<i3', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '|V0', 'fortran_order': False, 'shape': (1,), }",
        "(" * 5000,
        "-" * 5000 + "1",
    ],
)  # fmt: skip
def test_headers_that_no_numbers_have(tmp_path, text):
    path = archive(tmp_path / "a.npz", {"x": with_header(text, b"rootroot")})
    with pytest.raises(BadInputError) as caught:
        read_npz(path, ["x"])
    assert "root" not in str(caught.value).replace(str(tmp_path), "")
    assert text[:20] not in str(caught.value)


def test_members_that_stand_twice(tmp_path):
    path = archive(tmp_path / "a.npz", {"x": npy(np.zeros(3)), "y": npy(np.ones(3))})
    path.write_bytes(path.read_bytes().replace(b"y.npy", b"x.npy"))
    with pytest.raises(BadInputError, match="is in it twice"):
        read_npz(tmp_path / "a.npz", ["x"])


def test_an_array_for_an_archive_and_the_reverse(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(BadInputError, match="a single .npy array"):
        read_npz(tmp_path / "a.npy", ["x"])
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    with pytest.raises(BadInputError, match="not a readable .npy file"):
        read_npy(tmp_path / "a.npz")


def test_a_directory_of_a_million_members(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"\0" * 30 + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 9, 9, 2**31, 0, 0))
    with pytest.raises(BadInputError, match="directory is too large"):
        read_npz(path, ["x"])


def test_more_arrays_than_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr("mendlite.reading.npz.MEMBERS", 9)
    path = archive(tmp_path / "x.npz", {f"a{n}.npy": npy(np.zeros(1)) for n in range(10)})
    with pytest.raises(BadInputError, match="10 arrays, of which at most 9 are read"):
        read_npz(path, None)


@given(st.data())
def test_damaged_archives_end_in_one_class_of_error(data):
    sink = io.BytesIO()
    np.savez_compressed(sink, x=np.arange(40, dtype=np.int16), y=np.zeros((2, 3), np.float32))
    damaged = bytearray(sink.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    with suppress(BadInputError):
        read_arrays(io.BytesIO(bytes(damaged[: cut or None])), ["x", "y"])


@pytest.mark.data
@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("n_compression-99", "another method than deflate"),
        ("n_corrupt-deflate", "'images' is damaged"),
        ("n_encrypted-member", "encrypted"),
        ("n_npy-not-npz", "a single .npy array"),
    ],
)
def test_the_archives_of_the_hostile_cases(case, message):
    root = Path(os.environ["MENDLITE_DATA"]).parent / "cases" / "hostile" / "11-npz"
    with pytest.raises(BadInputError, match=message):
        read_npz(root / case / "digits.npz", ["images", "labels"])
