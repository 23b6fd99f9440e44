"""Ten wrong set-ups: each is noticed, and the message names what was seen and what decides it."""

import numpy as np
import pytest

from mendlite.errors import BadInputError, NotSureError
from mendlite.understanding.asked import Asked
from mendlite.understanding.understand import understand
from trained_pairs import data_of, images, pair_of, sure, two_inputs

CLASSES = 6


@pytest.fixture(scope="module")
def shown():
    """uint8 images, labels, and a pair that takes them as x / 255."""
    x, labels = images(CLASSES)
    return x, labels, pair_of(x.shape[1:], (x / 255).astype("f4"), sure(labels, CLASSES))


def understood(pair, data, **decided):
    return understand(pair.reference, pair.quantized, data, Asked(**decided))


def refused(pair, data, message, kind=NotSureError, **decided):
    with pytest.raises(kind, match=message):
        understood(pair, data, **decided)


def test_the_right_set_up_is_understood(shown):
    x, labels, pair = shown
    found = understood(pair, data_of(x, labels=labels))
    assert found.task.kind == "classification"
    assert (found.inputs[0].subtract, found.inputs[0].multiply) == (0.0, 1 / 255)
    assert found.accuracy == 1.0
    assert found.lines[0] == (
        "image classifier, 6 classes, uint8 0...255 fed as x / 255 "
        "(`task`, `subtract`, `multiply`, `layout`)"
    )
    assert found.lines[1].startswith("300 samples: 120 repair, 30 selection, 150 held out")
    assert found.lines[2].startswith(
        "float accuracy 100.0 % (labels: class indices from labels.npy"
    )
    assert len(found.lines) == 3


def test_swapped_inputs_are_put_right_by_labels_and_named_without():
    a, b, labels, pair = two_inputs()
    assert understood(pair, data_of(b, a, labels=labels)).order == (1, 0)
    assert understood(pair, data_of(a, b, labels=labels)).order == (0, 1)
    refused(pair, data_of(b, a), "more than one way.*`inputs`")
    assert understood(pair, data_of(b, a, names=("right", "left"))).order == (1, 0)
    wrong = data_of(b, a, names=("left", "right"), labels=labels)
    refused(pair, wrong, "by their names.*`inputs`")
    assert understood(pair, data_of(a, b, names=("u", "v")), inputs=("u", "v")).order == (0, 1)


@pytest.mark.parametrize("labelled", [True, False])
def test_channels_first_are_moved(shown, labelled):
    x, labels, pair = shown
    first = data_of(x.transpose(0, 3, 1, 2), labels=labels if labelled else None)
    found = understood(pair, first)
    assert found.inputs[0].transpose == [1, 2, 0]
    assert "stored channels first" in found.lines[0]


def test_channels_first_in_the_models_own_shape_are_named(shown):
    x, labels, pair = shown
    scrambled = np.ascontiguousarray(x.transpose(0, 3, 1, 2)).reshape(x.shape)
    data = data_of(scrambled, labels=labels)
    refused(pair, data, "stored channels first.*set `layout` to nchw")
    assert understood(pair, data, layout="nchw").accuracy == 1.0


def test_flat_images_need_labels_or_a_layout(shown):
    x, labels, pair = shown
    flat = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
    assert understood(pair, data_of(flat, labels=labels)).inputs[0].transpose == [1, 2, 0]
    refused(pair, data_of(flat), "more than one way.*`layout`")


def test_a_wrong_normalization_is_named(shown):
    x, labels, pair = shown
    data = data_of(x, labels=labels)
    message = r"fed as you state.*accuracy 6\d.* x / 255 .*`subtract`, `multiply`"
    refused(pair, data, message, subtract=127.5, multiply=1 / 127.5)
    found = understood(pair, data_of(x), subtract=127.5, multiply=1 / 127.5)
    assert any("outside the int8 input's range" in line for line in found.lines[3:])


def test_labels_from_one_are_counted_from_zero(shown):
    x, labels, pair = shown
    found = understood(pair, data_of(x, labels=labels + 1))
    assert (found.label_offset, found.accuracy) == (-1, 1.0)
    assert "class indices from labels.npy, -1" in found.lines[2]


def test_labels_off_by_one_are_named(shown):
    x, labels, pair = shown
    few = labels < CLASSES - 1
    refused(pair, data_of(x[few], labels=labels[few] + 1), "off by 1.*`label_offset` -1")
    cyclic = data_of(x, labels=(labels + 1) % CLASSES)
    refused(pair, cyclic, "off by 1, the last class taken for the first.*`labels`")


def test_another_float_file_is_named(shown):
    x, labels, pair = shown
    other = pair_of(x.shape[1:], (x / 255).astype("f4"), sure(labels, CLASSES), seed=5)
    pair = type(pair)(other.reference, pair.quantized)
    refused(pair, data_of(x, labels=labels), "made from another network", BadInputError)


def test_uint8_samples_of_a_float_input_are_scaled_and_stated(shown):
    x, labels, pair = shown
    for data in (data_of(x, labels=labels), data_of(x)):
        assert "uint8 0...255 fed as x / 255" in understood(pair, data).lines[0]
    message = "fed as you state, as stored.*x / 255"
    refused(pair, data_of(x, labels=labels), message, multiply=1.0)


@pytest.mark.parametrize("order", [(3, 5, 0, 1, 2, 4), (0, 1, 3, 2, 4, 5)])
def test_shuffled_classes_are_named(shown, order):
    x, labels, pair = shown
    refused(pair, data_of(x, labels=np.array(order)[labels]), "in another order.*`classes`")


def test_shuffled_labels_are_named(shown):
    x, labels, pair = shown
    drawn = np.random.default_rng(2).permutation(labels)
    refused(pair, data_of(x, labels=drawn), "no more to do with the labels than chance.*`labels`")


def test_constant_samples_are_refused(shown):
    x, labels, pair = shown
    constant = data_of(np.full_like(x, 9), labels=labels)
    refused(pair, constant, "all 300 samples are equal", BadInputError)
    repeated = np.concatenate([x[:5]] * 60)
    refused(pair, data_of(repeated), "only 5 of 300 samples differ", BadInputError)


def test_one_class_is_refused(shown):
    x, labels, pair = shown
    refused(pair, data_of(x, labels=np.full(300, 3)), "all 300 labels are 3")
    refused(pair, data_of(x[labels == 3]), "the same class for all of 50 samples")


def test_ten_samples_are_refused(shown):
    x, labels, pair = shown
    refused(pair, data_of(x[:10], labels=labels[:10]), "10 samples are too few", BadInputError)
