"""Datasets of .h5 files; nothing outside the file is read."""

import h5py
import numpy as np
import pytest
from opened import everything, opened

from mendlite.errors import BadInputError


def test_datasets_by_name(tmp_path):
    x = np.arange(60.0).reshape(20, 3)
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file.create_dataset("x", data=x, chunks=(4, 3), compression="gzip")
        file["y"] = np.arange(20) % 4
        file.create_dataset("group/name", data=["b", "a"] * 10)
    source = opened(tmp_path, "d.h5")
    found = source.load(np.array([19, 2, 2]))
    assert np.array_equal(found.arrays[0], x[[19, 2, 2]])
    assert found.labels.tolist() == [3, 2, 2]
    named = opened(tmp_path, "d.h5", labels="group/name")
    assert named.class_names == ("a", "b")
    assert everything(named).labels[:2].tolist() == ["b", "a"]


def test_a_model_is_no_data(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["w/kernel"] = np.zeros((3, 4))
        file["w/other"] = np.zeros((4, 2))
    with pytest.raises(BadInputError, match=r"w/kernel float64\[3, 4\].*`inputs`"):
        opened(tmp_path, "m.h5")


def test_values_in_other_files_are_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(range(80)))
    with h5py.File(tmp_path / "e.h5", "w") as file:
        file.create_dataset("x", (5, 2), "f8", external=[(str(secret), 0, 80)])
    with h5py.File(tmp_path / "l.h5", "w") as file:
        file["x"] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(BadInputError, match="its values lie in another file"):
        everything(opened(tmp_path, "e.h5"))
    with pytest.raises(BadInputError, match="no dataset holds samples"):
        opened(tmp_path, "l.h5")


def test_broken_files_are_one_line(tmp_path):
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["x"] = np.zeros((100, 50))
    whole = (tmp_path / "d.h5").read_bytes()
    for length in (8, 100, 1000):
        (tmp_path / "d.h5").write_bytes(whole[:length])
        with pytest.raises(BadInputError, match="a broken .h5 file, or one cut off"):
            everything(opened(tmp_path, "d.h5"))


def test_a_piece_that_unpacks_to_too_much(tmp_path):
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file.create_dataset("x", (2**20, 2**10), "f8", chunks=(2**18, 2**8), compression="gzip")
    with pytest.raises(BadInputError, match="pieces of more than 256 MB"):
        opened(tmp_path, "d.h5").load(np.array([0]))
