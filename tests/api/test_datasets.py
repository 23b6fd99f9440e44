"""Datasets from folders, files and functions, as the repair takes them."""

import numpy as np
import pytest

import mendlite


@pytest.fixture(scope="module")
def digits():
    return mendlite.load_target("digits")


@pytest.fixture
def folder(digits, tmp_path):
    """The digits as images, a folder for each class."""
    from PIL import Image

    for one in digits.samples:
        for number, (pixels, label) in enumerate(zip(one.inputs[0][:90], one.labels, strict=False)):
            (tmp_path / f"class{label}").mkdir(exist_ok=True)
            path = tmp_path / f"class{label}" / f"{len(one)}-{number}.png"
            Image.fromarray(np.asarray(pixels, np.uint8).reshape(8, 8)).save(path)
    return tmp_path


def test_a_folder_is_repaired_and_its_names_are_in_the_report(digits, folder):
    photos = mendlite.Dataset.from_folder(folder)
    assert len(photos) == 270
    assert photos.inputs[0].shape[1:] == (8, 8, 1)
    found = mendlite.repair(
        digits.int8,
        float_model=digits.float_model,
        samples=photos,
        preprocessing=digits.preprocessing,
        strategy="bias",
    )
    assert found.report.class_names == tuple(f"class{i}" for i in range(10))
    again = mendlite.validate(
        digits.int8,
        float_model=digits.float_model,
        samples=str(folder),
        preprocessing=digits.preprocessing,
    )
    assert again.samples == 270


def test_names_that_are_too_few_are_refused(digits, folder):
    for path in (folder / "class3").iterdir():
        path.unlink()
    (folder / "class3").rmdir()
    with pytest.raises(mendlite.BadInputError, match="name 9 classes .* 10 outputs.*`classes`"):
        mendlite.validate(
            digits.int8,
            float_model=digits.float_model,
            samples=mendlite.Dataset.from_folder(folder),
            preprocessing=digits.preprocessing,
        )


def test_labels_may_be_names():
    x, y = np.zeros((3, 2)), np.array(["owl", "cat", "owl"])
    assert mendlite.Dataset(x, y).labels.tolist() == [1, 0, 1]
    named = mendlite.Dataset(x, y, class_names=("owl", "fox", "cat"))
    assert named.labels.tolist() == [0, 2, 0]
    with pytest.raises(mendlite.BadInputError, match="label 'owl', which is not among"):
        mendlite.Dataset(x, y, class_names=("fox", "cat"))


def test_three_datasets_name_the_same_classes(digits):
    x = np.zeros((30, 64))
    sets = [mendlite.Dataset(x, np.array([name] * 30)) for name in ("a", "a", "b")]
    with pytest.raises(mendlite.BadInputError, match="name other classes"):
        mendlite.repair(digits.int8, float_model=digits.float_model, samples=sets)
