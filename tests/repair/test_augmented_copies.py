"""Augmented copies of images: in the layout and type in which the samples are stored."""

from dataclasses import replace

import numpy as np
import pytest

from mendlite.case.recipe import Preprocessing
from mendlite.model.samples import Samples
from mendlite.repair.learning.augment import are_images, copied
from mendlite.tflite.reader import read
from tiny_models import build, conv_spec, dense_spec


def model_of(channels):
    return read(build(conv_spec(size=(32, 48), channels=channels)))


def stored(raw):
    return Samples(name="repair", source="all", rows=np.arange(len(raw)), raw=(raw,), labels=None)


def copies(raw, model, rule=None):
    rule = Preprocessing() if rule is None else rule
    return copied(stored(raw), (rule,), model, np.random.default_rng(1)).raw[0]


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_the_stored_layout_and_type_are_kept(kind):
    raw = np.random.default_rng(0).integers(0, 256, (40, 32, 48, 3)).astype(kind)
    plain = copies(raw, model_of(3))
    assert plain.dtype == kind
    assert not np.array_equal(plain, raw)
    first = copies(raw.transpose(0, 3, 1, 2), model_of(3), Preprocessing(transpose=[1, 2, 0]))
    assert np.array_equal(first.transpose(0, 2, 3, 1), plain)
    flat = copies(raw.reshape(40, -1), model_of(3))
    assert np.array_equal(flat.reshape(plain.shape), plain)


def test_shifts_are_small_and_only_colours_are_flipped():
    ramp = np.broadcast_to(np.arange(48, dtype=np.float32)[None, None, :, None], (60, 32, 48, 1))
    moved = copies(ramp.copy(), model_of(1))
    assert np.abs(moved - ramp).max() <= 48 // 16 * 2
    colour = copies(np.repeat(ramp, 3, axis=3), model_of(3))
    falling = colour[:, 0, 0, 0] > colour[:, 0, -1, 0]
    assert 10 < falling.sum() < 50


def test_a_mixture_lies_between_its_images():
    levels = np.array([0, 200], np.uint8)[np.arange(60) % 2]
    raw = np.broadcast_to(levels[:, None, None, None], (60, 32, 48, 3)).copy()
    mixed = copies(raw, model_of(3))
    assert set(np.unique(mixed)) <= {0, 25, 50, 75, 100, 125, 150, 175, 200}
    assert len(np.unique(mixed)) > 2


def test_what_has_no_height_and_width_is_no_image():
    assert are_images(model_of(1))
    assert not are_images(read(build(dense_spec())))
    model = model_of(3)
    assert not are_images(replace(model, inputs=(model.inputs[0], model.layers[0].bias)))
