"""The task comes from the graph and the labels, or is asked for."""

import numpy as np
import pytest

from mendlite.errors import BadInputError, NotSureError
from mendlite.tflite.reader import read
from mendlite.understanding.asked import Asked
from mendlite.understanding.graph import read_graph
from mendlite.understanding.task import decide_task
from mendlite.understanding.understand import understand
from small_targets import detector, with_logistic
from tiny_models import OpSpec, TensorSpec, build, dense_spec
from trained_pairs import data_of, images, pair_of, sure

RNG = np.random.default_rng(1)
X = RNG.normal(0, 1, (300, 6)).astype("f4")
REAL = (X @ RNG.normal(size=6))[:, None]
YES = (REAL > 0).astype(int)
MARKS = (X @ RNG.normal(size=(6, 5)) > 0).astype(int)


def understood(pair, data, **decided):
    return understand(pair.reference, pair.quantized, data, Asked(**decided))


@pytest.fixture(scope="module")
def regression():
    return pair_of((6,), X, REAL, head="")


@pytest.fixture(scope="module")
def binary():
    return pair_of((6,), X, 8.0 * (YES - 0.5), head="LOGISTIC")


@pytest.mark.parametrize("labels", [None, REAL, REAL[:, 0], np.round(REAL[:, 0] * 3).astype(int)])
def test_one_value_without_a_sigmoid_is_a_regression(regression, labels):
    found = understood(regression, data_of(X, labels=labels))
    assert found.task.kind == "regression"
    assert found.lines[0].startswith("regression of one value, float32")
    assert ("% of the variance" in found.lines[2]) == (labels is not None)


@pytest.mark.parametrize(
    "labels", [None, YES, YES[:, 0], 2 * YES[:, 0] - 1, np.array(["no", "yes"])[YES[:, 0]]]
)
def test_one_sigmoid_is_a_binary_decision(binary, labels):
    found = understood(binary, data_of(X, labels=labels), threshold=0.6)
    assert (found.task.kind, found.task.threshold) == ("multi-label", 0.6)
    assert "binary decision at threshold 0.6 (`threshold`)" in found.lines[0]
    if labels is not None:
        assert np.array_equal(found.labels, YES)
        assert found.accuracy > 0.8


def test_a_rare_class_is_more_than_chance(binary):
    rows = np.r_[np.flatnonzero(YES == 0), np.flatnonzero(YES == 1)[:8]]
    assert understood(binary, data_of(X[rows], labels=YES[rows])).accuracy > 0.9


def test_several_sigmoids_are_labels():
    pair = pair_of((6,), X, 8.0 * (MARKS - 0.5), head="LOGISTIC")
    found = understood(pair, data_of(X, labels=MARKS))
    assert (found.task.kind, found.label_form) == ("multi-label", "marks 0 and 1")
    with pytest.raises(NotSureError, match="sigmoids, and the labels are class indices.*`task`"):
        understood(pair, data_of(X, labels=np.arange(300) % 5))


@pytest.mark.parametrize(
    ("make", "labels", "message"),
    [
        ("regression", YES[:, 0], "one value without a sigmoid, and the labels.*`task`"),
        ("binary", REAL, "a yes or no, and the labels are real values.*`task`"),
        ("binary", 1 - YES, "the opposite of the reference model's outputs.*`labels`"),
        ("binary", 0 * YES, "all 300 labels are 0"),
        ("regression", RNG.permutation(REAL), "no more to do with the labels than chance"),
    ],
)
def test_labels_of_another_task_or_model_are_named(request, make, labels, message):
    with pytest.raises(NotSureError, match=message):
        understood(request.getfixturevalue(make), data_of(X, labels=labels))


def test_logits_are_classes_by_their_labels_or_names_alone():
    x, labels = images(shape=(6, 6, 1))
    pair = pair_of((6, 6, 1), (x / 255).astype("f4"), sure(labels, 6), head="")
    for form in (labels, np.eye(6)[labels], labels[:, None].astype(float)):
        found = understood(pair, data_of(x, labels=form))
        assert found.task.kind == "classification"
        assert np.array_equal(found.labels, labels)
    names = data_of(x, class_names=tuple("abcdef"))
    assert understood(pair, names).task.kind == "classification"
    assert understood(pair, data_of(x), task="classification").task.kind == "classification"
    with pytest.raises(NotSureError, match="`task`, classification or regression"):
        understood(pair, data_of(x))


def test_names_become_the_classes():
    x, labels = images(shape=(6, 6, 1))
    pair = pair_of((6, 6, 1), (x / 255).astype("f4"), sure(labels, 6))
    found = understood(pair, data_of(x, labels=np.array(list("abcdef"))[labels]))
    assert (found.class_names, found.label_form) == (tuple("abcdef"), "names")


@pytest.fixture(scope="module")
def reconstructed():
    x = RNG.normal(0, 1, (300, 3)) @ RNG.normal(size=(3, 12))
    x = (x / np.abs(x).max() * 0.4 + 0.5).astype("f4")
    return x, pair_of((12,), x, x.astype(float), head="")


def test_an_output_like_the_input_is_an_autoencoder_where_it_is_near_it(reconstructed):
    x, pair = reconstructed
    for labels in (None, x, np.arange(300) % 2):
        assert understood(pair, data_of(x, labels=labels)).task.kind == "autoencoder"
    noise = RNG.uniform(0, 1, x.shape).astype("f4")
    with pytest.raises(NotSureError, match="its inputs than chance.*another `task`"):
        understood(pair, data_of(noise))


def test_anomalies_that_are_reconstructed_best_are_named(reconstructed):
    x, pair = reconstructed
    odd = np.where(np.arange(300)[:, None] % 3 == 0, RNG.permutation(x, axis=1), x)
    marks = (np.arange(300) % 3 == 0).astype(int)
    assert "AUC" in understood(pair, data_of(odd, labels=marks)).lines[2]
    with pytest.raises(NotSureError, match="1 must mark an anomaly.*`labels`"):
        understood(pair, data_of(odd, labels=1 - marks))


def grid_detector(first="boxes"):
    """Boxes and scores of two anchors."""
    spec = dense_spec(classes=8)
    spec.tensors += [
        TensorSpec("boxes", (1, 2, 4), scale=[0.4], zero_point=[5]),
        TensorSpec("four", (3,), "INT32", np.array([1, 2, 4], "<i4")),
        TensorSpec("w3", (4, 5), data=np.ones((4, 5), "i1"), scale=[0.02], zero_point=[0]),
        TensorSpec("flat", (1, 4), scale=[0.4], zero_point=[5]),
        TensorSpec("scores", (1, 2, 2), scale=[0.4], zero_point=[5]),
        TensorSpec("two", (3,), "INT32", np.array([1, 2, 2], "<i4")),
    ]
    spec.ops += [
        OpSpec("RESHAPE", [6, 8], [7], "ReshapeOptions", {"NewShape": (1, 2, 4)}),
        OpSpec("FULLY_CONNECTED", [3, 9], [10], "FullyConnectedOptions", {}),
        OpSpec("RESHAPE", [10, 12], [11], "ReshapeOptions", {"NewShape": (1, 2, 2)}),
    ]
    spec.outputs = [7, 11] if first == "boxes" else [11, 7]
    return spec


@pytest.mark.parametrize(("first", "places"), [("boxes", (0, 1)), ("scores", (1, 0))])
def test_boxes_and_scores_are_a_detector(first, places):
    reading = read_graph(read(build(grid_detector(first))))
    assert (reading.kinds, (reading.boxes, reading.scores)) == (("detection",), places)


def replaced_end(op, kind="INT8", shape=(1, 1), **quant):
    spec = dense_spec()
    spec.tensors.append(TensorSpec("end", shape, kind, **quant))
    spec.ops.append(OpSpec(op, [6], [7]))
    spec.outputs = [7]
    return spec


@pytest.mark.parametrize(
    ("spec", "kind", "message"),
    [
        (detector(), NotSureError, r"2 outputs, \[1, 4\], \[1, 2\].*`task`"),
        (with_logistic(), NotSureError, "the labels are real values.*`task`"),
        (replaced_end("ARG_MAX", "INT32"), BadInputError, "a class index"),
        (
            replaced_end("SOFTMAX", scale=[1 / 256], zero_point=[-128]),
            BadInputError,
            "a softmax over one value",
        ),
        (
            replaced_end("RELU", shape=(1, 5, 7), scale=[0.1], zero_point=[0]),
            NotSureError,
            "boxes and scores of a detector in one tensor.*`task`",
        ),
    ],
    ids=["two heads of one anchor", "real labels", "index", "one softmax", "one tensor"],
)
def test_what_a_graph_leaves_open_is_asked_for(spec, kind, message):
    labels = RNG.normal(size=(30, 3)) if "real" in message else None
    data = data_of(np.zeros((30, 6), "f4"), labels=labels)
    with pytest.raises(kind, match=message):
        decide_task(read(build(spec)), data, Asked())
