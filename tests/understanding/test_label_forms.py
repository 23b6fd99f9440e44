"""Labels in any usual form become what the task takes; others are named."""

import numpy as np
import pytest

from mendlite.case.label_forms import class_indices, form_of, marks
from mendlite.case.labels import read_labels
from mendlite.errors import BadInputError

WANTED = [0, 2, 1, 2]
NAMES = np.array(["cat", "owl", "dog", "owl"])

FORMS = {
    "indices": (np.array(WANTED), "class indices"),
    "a column": (np.array(WANTED)[:, None], "class indices"),
    "whole floats": (np.array(WANTED, float), "class indices"),
    "one-hot": (np.eye(3)[WANTED], "one-hot"),
    "names": (NAMES, "names"),
    "objects": (NAMES.astype(object), "names"),
}


@pytest.mark.parametrize("form", FORMS)
def test_classes_in_every_form(form):
    labels, called = FORMS[form]
    assert form_of(labels) == called
    found = read_labels("classification", "y", labels)
    assert (found.tolist(), found.dtype) == (WANTED, np.int64)


def test_an_offset_is_added_in_every_form():
    assert read_labels("classification", "y", np.array([1, 3]), -1).tolist() == [0, 2]
    assert read_labels("classification", "y", np.eye(2)[[0, 1]], 1).tolist() == [1, 2]


def test_names_follow_the_given_order():
    assert class_indices("y", NAMES, ("owl", "dog", "cat")).tolist() == [2, 0, 1, 0]
    with pytest.raises(BadInputError, match="the label 'cat', which is not among.*: owl, dog"):
        class_indices("y", NAMES, ("owl", "dog"))


@pytest.mark.parametrize(
    "labels",
    [[0, 1], [[0], [1]], [-1, 1], [False, True], ["no", "yes"], [0.0, 1.0]],
)
def test_marks_in_every_form(labels):
    assert marks("y", np.array(labels)).tolist() == [[0], [1]]
    assert read_labels("autoencoder", "y", np.array(labels)).tolist() == [0, 1]


def test_a_set_with_one_sign_alone_means_the_same():
    assert marks("y", np.array([-1, -1])).tolist() == [[0], [0]]


def test_rows_of_marks_stay():
    rows = np.array([[0, 1, 1], [0, 0, 0]])
    assert form_of(rows) == "marks 0 and 1"
    assert np.array_equal(read_labels("multi-label", "y", rows), rows)


@pytest.mark.parametrize(
    ("kind", "labels", "message"),
    [
        ("classification", [0.5, 1.0], "real values"),
        ("classification", [[1, 1], [0, 1]], "marks 0 and 1.*not one class index"),
        ("multi-label", [0, 2], "other labels than 0 and 1"),
        ("autoencoder", [[0, 1], [1, 0]], "not one mark a sample"),
        ("regression", ["low", "high"], "labels of a regression are numbers"),
    ],
)
def test_labels_of_another_task_are_named(kind, labels, message):
    with pytest.raises(BadInputError, match=message):
        read_labels(kind, "y", np.array(labels))
