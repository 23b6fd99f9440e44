"""Records of tf.train.Example: features by name, checked before they are believed."""

import struct

import numpy as np
import pytest
from data_files import save_image
from opened import everything, opened

from mendlite.errors import BadInputError
from mendlite.sources.records import masked


def save(path, *examples):
    from tfrecord.writer import TFRecordWriter

    writer = TFRecordWriter(str(path))
    for example in examples:
        writer.write(example)
    writer.close()
    return path


def test_numbers_and_labels_by_name(tmp_path):
    save(
        tmp_path / "a.tfrecord",
        *[{"x": ([i, 2.0, 3.0], "float"), "label": (i % 3, "int")} for i in range(9)],
    )
    source = opened(tmp_path, "a.tfrecord")
    found = source.load(np.array([8, 1]))
    assert found.arrays[0].tolist() == [[8, 2, 3], [1, 2, 3]]
    assert found.labels.tolist() == [2, 1]
    assert found.label_origin == "feature 'label'"


def test_images_and_names(tmp_path):
    image = save_image(tmp_path / "i.png").read_bytes()
    example = {
        "image/encoded": (image, "byte"),
        "image/height": (6, "int"),
        "image/label": (b"cat", "byte"),
    }
    save(tmp_path / "a.tfrecord", example, example | {"image/label": (b"ant", "byte")})
    source = opened(tmp_path, "a.tfrecord")
    found = everything(source)
    assert found.arrays[0].shape == (2, 6, 4, 3)
    assert found.labels.tolist() == ["cat", "ant"]
    assert source.class_names == ("ant", "cat")


def test_raw_bytes_are_bytes(tmp_path):
    save(
        tmp_path / "a.tfrecord",
        {"image_raw": (bytes(range(250, 256)), "byte"), "label": (1, "int")},
    )
    assert everything(opened(tmp_path, "a.tfrecord")).arrays[0].tolist() == [list(range(250, 256))]


def test_several_files_are_one(tmp_path):
    for i in range(3):
        save(tmp_path / f"d.tfrecord-0000{i}-of-00003", {"x": ([i, 1.0], "float")})
    assert everything(opened(tmp_path, "d.tfrecord*")).arrays[0][:, 0].tolist() == [0, 1, 2]


def record(data):
    head = struct.pack("<Q", len(data))
    return head + struct.pack("<I", masked(head)) + data + struct.pack("<I", masked(data))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "0 records"),
        (b"text that is no record at all", "the length of a record is damaged"),
        (b"\x1f\x8b" + bytes(20), "compressed: unpack it"),
        (record(b"\x0a\x03")[:-1], "cut off in record 0"),
        (record(b"\x0a\xff\xff"), "record 0 is no tf.train.Example"),
        (record(b""), "no tf.train.Example with features"),
        (record(b"abc")[:-4] + bytes(4), "its checksum is wrong"),
        (struct.pack("<Q", 2**60) + struct.pack("<I", masked(struct.pack("<Q", 2**60))), "damaged"),
    ],
)
def test_what_is_no_record(tmp_path, raw, message):
    (tmp_path / "a.tfrecord").write_bytes(raw)
    with pytest.raises(BadInputError, match=message):
        opened(tmp_path, "a.tfrecord")


def test_features_that_differ_between_records(tmp_path):
    save(tmp_path / "a.tfrecord", {"x": ([1.0, 2.0], "float")}, {"x": ([1.0], "float")})
    with pytest.raises(BadInputError, match="feature 'x' has 2 values in one record"):
        everything(opened(tmp_path, "a.tfrecord"))
    save(tmp_path / "a.tfrecord", {"x": ([1.0, 2.0], "float")}, {"z": ([1.0, 2.0], "float")})
    with pytest.raises(BadInputError, match="record 1 has no feature 'x'"):
        everything(opened(tmp_path, "a.tfrecord"))
