"""Ranges that are set at once give the file of one after the other."""

import pytest

from digits_case import OPTIONS
from mendlite.repair.layers import activation_range
from mendlite.repair.layers.activation_range import Range, with_range, with_ranges
from mendlite.targets.open import load_case
from mendlite.tflite.scale_groups import scale_groups


@pytest.fixture(scope="module")
def digits():
    return load_case("digits", OPTIONS)


def one_by_one(model, ranges):
    for group, chosen in ranges:
        model = with_range(model, group, chosen)
    return model


def test_ranges_of_all_groups_are_one_patch(digits, monkeypatch):
    model = digits.quantized
    groups = [group for group in scale_groups(model) if group.frozen is None]
    assert len(groups) > 2
    ranges = [(group, Range.of_group(model, group).resized(0.7, 0.9)) for group in groups]
    again = (groups[0], Range.of_group(model, groups[0]).resized(0.5, 0.6))
    expected = one_by_one(model, ranges)
    twice = one_by_one(model, [*ranges, again])
    assert len({model.sha256, expected.sha256, twice.sha256}) == 3
    honest, made = activation_range.patched, []

    def patched(*arguments):
        made.append(arguments)
        return honest(*arguments)

    monkeypatch.setattr(activation_range, "patched", patched)
    assert with_ranges(model, ranges).data == expected.data
    assert len(made) == 1
    # The second edit of a group follows the first, from the file that it made.
    assert with_ranges(model, [*ranges, again]).data == twice.data
    assert len(made) == 3


def test_present_ranges_change_nothing(digits):
    model = digits.quantized
    groups = [group for group in scale_groups(model) if group.frozen is None]
    present = [(group, Range.of_group(model, group)) for group in groups]
    assert with_ranges(model, present).data == model.data
    assert with_ranges(model, []) is model
