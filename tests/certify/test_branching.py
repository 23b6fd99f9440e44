"""A branch's bounds hold for every input on its side of the cut."""

import numpy as np
import pytest

from mendlite.certify.bounds.branching import _candidates, _side, _with_older_sides, branch
from mendlite.certify.bounds.concrete import run
from mendlite.certify.bounds.property import ErrorBound
from mendlite.certify.bounds.query import gap
from mendlite.certify.bounds.reach import reach, restricted
from small_networks import deep_spec, models_of, outside, points, traces


@pytest.mark.parametrize("seed", range(12))
def test_no_execution_leaves_the_bounds_of_its_branch(seed):
    rng = np.random.default_rng(seed)
    models = models_of(deep_spec(seed, (4, 8, 7, 5, 3)))
    box = models.box(np.full(4, -30), np.full(4, 30))
    x = points(box, rng, 300)
    first, second = traces(models, box, x)
    sums = run(models.networks.first, box.values(x)).sums
    bounds = reach(models.networks, box)
    query = ErrorBound(epsilon=1e-9, outputs=(0,)).queries(3, None)[0]
    cuts = [cut for _, cut in _candidates(bounds, query, 2) if cut.network == 0]
    assert cuts
    for cut in cuts:
        for side in (0, 1):
            child = restricted(bounds, cut.node, _side(bounds, cut, side))
            value = sums[cut.node][:, cut.neuron]
            here = (value <= cut.place) if side == 0 else (value >= cut.place)
            assert outside(child, [f[here] for f in first], [q[here] for q in second]) == 0
            values = (second[-1] - first[-1])[here][:, 0]
            for variant in (child, _with_older_sides(child, bounds, cut)):
                assert (values <= gap(query, variant)[1]).all()


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_never_falls_below_an_execution(seed):
    rng = np.random.default_rng(seed)
    models = models_of(deep_spec(seed, (4, 8, 7, 5, 3)))
    box = models.box(np.full(4, -20), np.full(4, 20))
    first, second = traces(models, box, points(box, rng, 300))
    query = ErrorBound(epsilon=1e-9, outputs=(1,)).queries(3, None)[0]
    tops = []
    done, top = branch(
        reach(models.networks, box), query, lambda t, _c, _w: tops.append(t) or len(tops) > 40
    )
    worst = (second[-1] - first[-1])[:, 1].max()
    assert tops == sorted(tops, reverse=True)
    assert worst <= top
    if done:
        assert worst < 1e-9
