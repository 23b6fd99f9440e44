"""Folders of images: labels by folder or list, classes by name, one shape."""

import pytest
from data_files import class_folders, pixels, save_image
from opened import everything, opened

from mendlite.errors import BadInputError


def test_a_folder_a_class(tmp_path):
    class_folders(tmp_path / "photos", {"owl": 2, "cat": 3})
    source = opened(tmp_path, "photos")
    found = everything(source)
    assert source.class_names == ("cat", "owl")
    assert found.labels.tolist() == [0, 0, 0, 1, 1]
    assert found.label_origin == "folder names"
    assert found.described == "5 PNG images of 6 x 4 x 3"
    assert found.arrays[0].shape == (5, 6, 4, 3)


def test_the_list_of_classes_gives_their_order(tmp_path):
    class_folders(tmp_path / "photos", {"owl": 2, "cat": 3})
    (tmp_path / "photos" / "labels.txt").write_text("0 owl\n1 fox\n2 cat\n")
    source = opened(tmp_path, "photos")
    assert source.class_names == ("owl", "fox", "cat")
    assert everything(source).labels.tolist() == [2, 2, 2, 0, 0]
    (tmp_path / "names").write_text("cat\nowl\n")
    assert opened(tmp_path, "photos", classes="names").class_names == ("cat", "owl")
    (tmp_path / "names").write_text("cat\nfox\n")
    with pytest.raises(BadInputError, match="folder owl is none of the 2 classes"):
        opened(tmp_path, "photos", classes="names")


def test_class_numbers_are_not_sorted_as_text(tmp_path):
    class_folders(tmp_path / "p", {str(n): 1 for n in range(11)})
    with pytest.raises(BadInputError, match="`classes`"):
        opened(tmp_path, "p")


def test_labels_line_by_line_and_by_file(tmp_path):
    for number in range(3):
        save_image(tmp_path / "flat" / f"{number}.png")
    (tmp_path / "flat" / "labels.txt").write_text("b\na\nb\n")
    assert everything(opened(tmp_path, "flat")).labels.tolist() == ["b", "a", "b"]
    (tmp_path / "flat" / "labels.txt").unlink()
    (tmp_path / "flat" / "list.csv").write_text("file,label\n2.png,7\n0.png,5\n")
    found = everything(opened(tmp_path, "flat"))
    assert found.labels.tolist() == [7, 5]
    assert "1 other files left out" in found.described


def test_an_order_that_is_not_clear_needs_file_names(tmp_path):
    for number in (9, 10):
        save_image(tmp_path / "flat" / f"{number}.png")
    (tmp_path / "flat" / "labels.txt").write_text("b\na\n")
    with pytest.raises(BadInputError, match="does 10 come before 9"):
        opened(tmp_path, "flat")


def test_sizes_that_differ_name_the_parameter(tmp_path):
    save_image(tmp_path / "p" / "a.png", pixels((6, 4)))
    save_image(tmp_path / "p" / "b.jpg", pixels((8, 5)), "JPEG")
    with pytest.raises(BadInputError, match="a.png has 4 x 6 pixels, .*b.jpg 5 x 8: `image_size`"):
        everything(opened(tmp_path, "p"))
    found = everything(opened(tmp_path, "p", image_size=(6, 4), channels=1))
    assert found.described == (
        "2 JPEG and PNG images of 6 x 4 x 1, resized from 6 x 4 to 8 x 5 (bilinear), "
        "2 of them turned from colour to grey"
    )


def test_grey_colour_and_transparency_are_reported(tmp_path):
    save_image(tmp_path / "p" / "a.png", pixels(channels=1))
    assert everything(opened(tmp_path, "p")).arrays[0].shape == (1, 6, 4, 1)
    save_image(tmp_path / "p" / "b.png", mode="RGBA")
    found = everything(opened(tmp_path, "p"))
    assert found.arrays[0].shape == (2, 6, 4, 3)
    assert "1 of them grey, given three equal channels" in found.described
    assert "transparency of 1 left out" in found.described


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_orientation_is_not_applied_and_said(tmp_path, kind):
    from PIL import Image

    values, exif = pixels((6, 4)), Image.Exif()
    exif[0x0112] = 6
    for number, tags in enumerate((exif, Image.Exif())):
        Image.fromarray(values).save(tmp_path / f"{number}.{kind.lower()}", kind, exif=tags)
    found = everything(opened(tmp_path, "."))
    assert found.arrays[0].shape == (2, 6, 4, 3)
    assert (found.arrays[0][0] == found.arrays[0][1]).all()
    assert found.described.endswith("1 of them not turned by their EXIF orientation: fed as stored")


def test_broken_exif_is_none(tmp_path):
    from PIL import Image

    Image.fromarray(pixels()).save(tmp_path / "a.jpg", "JPEG", exif=b"Exif\0\0" + b"MM\0*" * 9)
    assert everything(opened(tmp_path, ".")).described == "1 JPEG images of 6 x 4 x 3"
