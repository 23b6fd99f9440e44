"""No concrete execution leaves its bounds, and symbolic bounds are never looser than intervals."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendlite.certify.bounds.interval import Interval
from mendlite.certify.bounds.reach import form_range, reach
from mendlite.model.rounding import Profile
from small_networks import deep_spec, drawn_box, models_of, outside, points, spec_of, traces


def check(seed, count=20):
    """One random network over one random box."""
    rng = np.random.default_rng(seed)
    models = models_of(spec_of(seed), list(Profile)[seed % 3])
    box = drawn_box(models, rng)
    x = points(box, rng, count)
    first, second = traces(models, box, x)
    symbolic, plain = reach(models.networks, box), reach(models.networks, box, symbolic=False)
    assert outside(symbolic, first, second) == 0
    assert outside(plain, first, second) == 0
    for tight, loose in zip(symbolic.tensors, plain.tensors, strict=True):
        for part in ("first", "second", "difference"):
            a, b = getattr(tight, part), getattr(loose, part)
            room = 1e-9 * (1 + b.size)
            assert (a.lower >= b.lower - room).all()
            assert (a.upper <= b.upper + room).all()
    rows = rng.normal(size=(3, models.networks.first.outputs))
    forms = form_range(symbolic, None, rows)
    values = (second[-1] - first[-1]) @ rows.T
    assert (values <= forms.upper).all()
    assert (values >= forms.lower).all()


@pytest.mark.parametrize("seed", range(60))
def test_no_execution_leaves_its_bounds(seed):
    check(seed)


@settings(max_examples=60, deadline=None)
@given(st.integers(1000, 10**9))
def test_no_execution_leaves_its_bounds_for_any_seed(seed):
    check(seed, 8)


@pytest.mark.slow
def test_ten_thousand_executions_stay_inside():
    for seed in range(10_000, 10_500):
        check(seed)


def test_a_bound_that_is_too_tight_is_noticed():
    rng = np.random.default_rng(0)
    models = models_of(deep_spec(0))
    box = models.box(np.full(5, -40), np.full(5, 40))
    first, second = traces(models, box, points(box, rng, 200))
    bounds = reach(models.networks, box)
    apart = (second[-1] - first[-1]).max(axis=0)
    wrong = replace(
        bounds.tensors[-1],
        difference=Interval(lower=bounds.output.difference.lower, upper=apart - 1e-6),
    )
    assert outside(replace(bounds, tensors=[*bounds.tensors[:-1], wrong]), first, second) > 0


def test_equal_networks_do_not_differ():
    spec = deep_spec(3)
    models = models_of(spec, first=deep_spec(3))
    bounds = reach(models.networks, models.box(np.full(5, -128), np.full(5, 127)))
    assert not bounds.output.difference.size.any()


def test_a_single_input_without_a_patch_is_nearly_exact():
    """Over one input, the float network's bounds are a point and int8's a few steps."""
    models = models_of(deep_spec(1))
    x = np.array([3, -7, 20, 0, 11])
    bounds = reach(models.networks, models.box(x, x))
    assert bounds.output.first.width.max() < 1e-9
    assert bounds.output.second.width.max() <= 40 * 0.3


def test_the_same_products_rounded_otherwise_are_not_the_same():
    """Half the scale and twice the weights: equal real sums, another multiplier."""
    first, second = deep_spec(5), deep_spec(5)
    for spec, factor in ((first, 1), (second, 2)):
        spec.tensors[1].data = (spec.tensors[1].data // 3 * factor).astype(np.int8)
        spec.tensors[2].data = (spec.tensors[2].data * factor).astype("<i4")
        spec.tensors[1].scale = [0.02 / factor]
    models = models_of(second, first=first)
    assert not models.networks.steps[0].same.any()
    bounds = reach(models.networks, models.box(np.full(5, -9), np.full(5, 9)))
    assert bounds.tensors[1].difference.size.all()
