"""Samples in .npy and .npz files: only the rows that are drawn are read."""

import numpy as np
import pytest
from opened import opened

from mendlite.errors import BadInputError


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("form", ["npy", "npz", "packed"])
def test_rows_are_those_of_numpy(tmp_path, order, form):
    x = np.asarray(np.random.default_rng(0).random((50, 3, 4)).astype(">f4"), order=order)
    if form == "npy":
        np.save(tmp_path / "x.npy", x)
    else:
        (np.savez if form == "npz" else np.savez_compressed)(tmp_path / "x.npz", x=x)
    source = opened(tmp_path, "x.npy" if form == "npy" else "x.npz")
    rows = np.array([7, 3, 49, 3])
    loaded = source.load(rows)
    assert source.count == loaded.total == 50
    assert np.array_equal(loaded.arrays[0], x[rows])
    assert loaded.arrays[0].dtype == np.float32
    assert loaded.described == "4 samples of 3 x 4 (float32)"


def test_a_sample_is_the_seeds(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(100.0).reshape(50, 2))
    source = opened(tmp_path, "x.npy")
    one, same, other = (source.sample(9, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.rows, same.rows)
    assert not np.array_equal(one.rows, other.rows)
    assert np.array_equal(one.arrays[0][:, 0], 2.0 * one.rows)
    assert source.sample(99, 0).count == 50


def test_labels_come_from_the_archive_or_a_file(tmp_path):
    x, y = np.zeros((6, 2)), np.array([0, 1, 2, 0, 1, 2])
    np.savez(tmp_path / "d.npz", images=x, label=y)
    np.save(tmp_path / "other.npy", y[::-1])
    rows = np.array([2, 3])
    inside = opened(tmp_path, "d.npz").load(rows)
    apart = opened(tmp_path, "d.npz", labels="other.npy").load(rows)
    assert inside.labels.tolist() == [2, 0]
    assert inside.label_origin == "array 'label'"
    assert apart.labels.tolist() == [0, 2]
    assert apart.names == ("images",)


def test_two_inputs_keep_their_names(tmp_path):
    np.savez(tmp_path / "d.npz", left=np.zeros((4, 2)), right=np.ones((4, 3)), y=np.arange(4))
    assert opened(tmp_path, "d.npz").sample(4, 0).names == ("left", "right")
    assert opened(tmp_path, "d.npz", inputs=("right", "left")).sample(4, 0).names == (
        "right",
        "left",
    )


def test_what_is_not_clear_is_asked_for(tmp_path):
    np.savez(tmp_path / "d.npz", x_train=np.zeros((8, 2)), x_test=np.zeros((4, 2)))
    with pytest.raises(BadInputError, match="x_train .*`inputs`"):
        opened(tmp_path, "d.npz")
    np.save(tmp_path / "x.npy", np.zeros((8, 2)))
    np.save(tmp_path / "y.npy", np.zeros(7))
    with pytest.raises(BadInputError, match="8 samples, but 7 labels"):
        opened(tmp_path, "x.npy", labels="y.npy")
    with pytest.raises(BadInputError, match="`labels` names 'z'"):
        opened(tmp_path, "d.npz", inputs=("x_train",), labels="z")


def test_labels_of_another_count_are_not_left_out_in_silence(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.zeros((8, 2)), y=np.zeros(7, int))
    with pytest.raises(BadInputError, match="array 'y' is called labels, but has 7 for 8 samples"):
        opened(tmp_path, "d.npz")
    np.savez(tmp_path / "objects.npz", x=np.zeros((8, 2)), y=np.array(["a"] * 8, object))
    with pytest.raises(BadInputError, match="array 'y' is called labels, but holds neither"):
        opened(tmp_path, "objects.npz")


def test_a_list_of_the_classes_hides_no_labels(tmp_path):
    names, x, y = np.array(["cat", "dog"]), np.zeros((8, 2)), np.arange(8) % 2
    np.savez(tmp_path / "d.npz", x=x, labels=names, y=y)
    assert opened(tmp_path, "d.npz").sample(8, 0).label_origin == "array 'y'"
    np.savez(tmp_path / "only.npz", x=x, labels=names, classes=np.arange(2))
    assert opened(tmp_path, "only.npz").sample(8, 0).labels is None


def test_broken_arrays_are_one_line(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((8, 2)))
    whole = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "x.npy").write_bytes(whole[:-1])
    with pytest.raises(BadInputError, match="not a readable .npy"):
        opened(tmp_path, "x.npy")
    (tmp_path / "z.npz").write_bytes(b"PK\3\4nothing")
    with pytest.raises(BadInputError, match="not a readable .npz"):
        opened(tmp_path, "z.npz")
    np.save(tmp_path / "n.npy", np.array([[1.0], [np.nan]]))
    with pytest.raises(BadInputError, match="NaN or infinite values, first in row 1"):
        opened(tmp_path, "n.npy").sample(2, 0)


def test_more_than_fits_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "x.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (2**12, 2**20)}
        )
        file.truncate(file.tell() + 2**34)
    source = opened(tmp_path, "x.npy")
    with pytest.raises(BadInputError, match="at most 4 GB"):
        source.sample(2**12, 0)
    assert source.sample(2, 0).count == 2
