"""Samples in any form in the Python API: understood as the command does, or an error."""

import numpy as np
import pytest
from PIL import Image

import mendlite
from mendlite.errors import NotSureError
from mendlite.targets.load import find_target

DIGITS = find_target("digits").parent
ROWS = 200


@pytest.fixture(scope="module")
def arrays():
    with np.load(DIGITS / "digits.npz") as found:
        return found["images"][:ROWS], found["labels"][:ROWS]


def repair(samples, **options):
    return mendlite.repair(
        str(DIGITS / "int8.tflite"),
        float_model=str(DIGITS / "float.tflite"),
        samples=samples,
        strategy="bias",
        **options,
    )


def test_arrays_are_understood_and_the_report_says_how(arrays):
    images, labels = arrays
    found = repair(images, labels=labels)
    assert found.report.validation.task == "classification"
    assert "fed as x / 16" in found.report.understood[0]
    assert found.report.validation.float.accuracy > 0.9
    checked = mendlite.check(
        found.certificate,
        base=str(DIGITS / "int8.tflite"),
        patched=found.model,
        samples=images,
        labels=labels,
        float_model=str(DIGITS / "float.tflite"),
    )
    assert checked.missing is None


def test_what_is_given_is_not_looked_for(arrays):
    images, _ = arrays
    rule = mendlite.Preprocessing(multiply=1 / 16)
    found = repair(images, task="classification", preprocessing=rule)
    assert found.report.understood == ()


def test_a_folder_and_a_function(arrays, tmp_path):
    images, labels = arrays
    for n, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / f"digit {label}"
        folder.mkdir(exist_ok=True)
        Image.fromarray((image.reshape(8, 8) * 15).astype(np.uint8)).save(folder / f"{n}.png")
    given = {
        "float_model": str(DIGITS / "float.tflite"),
        "multiply": 1 / 240,
    }
    found = mendlite.validate(str(DIGITS / "int8.tflite"), samples=str(tmp_path), **given)
    assert found.samples == ROWS
    assert found.float.accuracy > 0.9

    def representative_dataset():
        for image in images:
            yield [image[None].astype(np.float32) / 16]

    given = {"float_model": str(DIGITS / "float.tflite")}
    found = mendlite.validate(str(DIGITS / "int8.tflite"), samples=representative_dataset, **given)
    assert found.samples == ROWS


def test_class_names_reach_the_report(arrays):
    images, labels = arrays
    names = [f"digit {n}" for n in range(10)]
    found = repair(mendlite.Dataset(images, labels, class_names=names))
    assert found.report.class_names == tuple(names)


def test_what_is_not_sure_is_an_error(arrays):
    """Labels in another order than the samples."""
    images, labels = arrays
    with pytest.raises(NotSureError, match="`labels`"):
        repair(images, labels=np.random.default_rng(0).permutation(labels))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "sideways"}, "layout is one of as-stored"),
        ({"image_size": (8, 8)}, "`image_size` is for `samples` at a path"),
        ({"labels": "y.npy"}, "`labels` is a path"),
        ({"multiply": "x"}, "`multiply` are numbers"),
    ],
)
def test_a_decision_that_does_not_fit(arrays, options, message):
    with pytest.raises(mendlite.BadInputError, match=message):
        repair(arrays[0], **options)


def test_three_datasets_are_named_by_their_own_sizes(arrays):
    images, labels = arrays
    ends = [slice(0, 100), slice(100, 130), slice(130, ROWS)]
    sets = [mendlite.Dataset(images[part], labels=labels[part]) for part in ends]
    found = repair(sets)
    assert "200 samples: 100 repair, 30 selection, 70 held out" in found.report.understood[1]
