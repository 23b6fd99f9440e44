"""Print digests of what mendlite computes in floats; run by tests/arith/test_same_bits.py."""

import hashlib
import sys
import warnings
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_info

from mendlite.algorithms.adaround import AdaRoundOptions, adaround
from mendlite.algorithms.cholesky import cholesky, solve_triangles
from mendlite.algorithms.equalize import FACTORS
from mendlite.algorithms.gpfq import gpfq
from mendlite.algorithms.least_squares import LeastSquaresOptions, least_squares
from mendlite.algorithms.squant import squant
from mendlite.algorithms.system import targets
from mendlite.algorithms.weight_scales import scaled_least_squares
from mendlite.arith import elementary, ordered_sums, slopes
from mendlite.arith.exact_products import (
    real_product,
    round_to_grid,
    rounded_weights,
    whole_product,
)
from mendlite.arith.geometry import make_window
from mendlite.measure.classification import kl_divergence
from mendlite.measure.multi_label import bernoulli_kl
from mendlite.model.layer_system import LayerSystem

warnings.simplefilter("ignore")

WINDOW = make_window((9, 8), (3, 3), (1, 1), (1, 1), "SAME")


def system(*, depthwise):
    """A layer of 9 channels that was nudged from its float weights."""
    rng = np.random.default_rng(3)
    rows = rng.integers(-128, 128, (300, 9, 25) if depthwise else (300, 70)).astype(np.int16)
    real = 40 * rng.standard_normal((9, rows.shape[-1]))
    unit = np.full(9, 0.01)
    float_targets = 9e3 * unit * rng.standard_normal((300, 9))
    low, high = targets(
        float_targets=float_targets,
        open_low=float_targets < 0,
        open_high=float_targets > 150,
        unit=unit,
        fraction_bits=4,
    )
    return LayerSystem(
        rows=rows,
        weights=np.clip(np.rint(real), -127, 127).astype(np.int64),
        bias=np.zeros(9, np.int64),
        fixed_bias=np.zeros(9),
        low=low,
        high=high,
        fraction_bits=4,
        weights_float=real,
        editable=np.ones(9, bool),
    )


def coarse(made):
    """The same layer with weights of 16 levels."""
    return replace(
        made,
        weights=np.clip(made.weights // 16, -8, 7),
        weights_float=made.weights_float / 16,
        weight_range=(-8, 7),
    )


def solved():
    """The weights that the layer-wise moves find."""
    for depthwise in (False, True):
        made = system(depthwise=depthwise)
        options = LeastSquaresOptions.for_samples(300)
        yield f"squares-{depthwise}", least_squares(made, options).weights
        yield f"pulled-{depthwise}", least_squares(made, replace(options, pulls=(3.0,))).weights
        scaled = coarse(made)
        for shared in (False, True):
            rescaled = scaled_least_squares(scaled, options, shared=shared)[1]
            yield f"scales-{depthwise}-{shared}", rescaled.factors
            yield f"scaled-{depthwise}-{shared}", rescaled.weights
        yield f"gpfq-{depthwise}", gpfq(made).weights
        yield f"adaround-{depthwise}", adaround(made, AdaRoundOptions(steps=60)).weights
    yield "squant", squant(40 * np.random.default_rng(5).standard_normal((9, 8, 9))).channel


def slopes_of_layers():
    """Slopes through a convolution and a dense layer, in float32 where that is exact."""
    rng = np.random.default_rng(11)
    for name, largest in (("int4", 8), ("int8", 127)):
        taps = rng.integers(-largest, largest, (9, 37, 29))
        bits, kind = slopes.room(taps)
        x = rng.integers(-255, 256, (5, 9, 8, 37))
        given = slopes.on_grid(rng.standard_normal((5, 9, 8, 29)), bits)
        by_input = slopes.convolution_by_input(given, taps.astype(kind), WINDOW, (9, 8))
        yield f"{name}-by-input", by_input
        yield f"{name}-by-weights", slopes.convolution_by_weights(x, given, WINDOW)
        yield f"{name}-by-bias", slopes.total(by_input, (0, 1, 2))
        rows = given.reshape(-1, 29)
        yield f"{name}-dense", slopes.dense_by_input(rows, taps[:1].astype(kind))
        yield f"{name}-dense-weights", slopes.dense_by_weights(x.reshape(-1, 37), rows)


def values():
    """Every primitive on the same numbers (numpy's own generators are the same everywhere)."""
    rng = np.random.default_rng(7)
    whole = rng.integers(-255, 256, (301, 243))
    first, second = rng.standard_normal((301, 243)), rng.standard_normal((243, 37))
    weights, bits = rounded_weights(second.astype(np.float32))
    gram = (whole.T @ whole).astype(np.float64) + 100 * np.eye(243)
    triangle = cholesky(gram)
    yield "whole", whole_product(whole, second)
    yield "real", real_product(first, second)
    yield "layer", round_to_grid(first.astype(np.float32), bits, 1) @ weights
    yield "triangle", triangle
    yield "solution", solve_triangles(triangle, second)
    yield "sum", ordered_sums.ordered_sum(first)
    yield "deviation", np.array(ordered_sums.deviation_of(first))
    for name in ("exp", "tanh", "softplus", "logistic"):
        yield name, getattr(elementary, name)(20 * first)
    yield "log", elementary.log(np.abs(first))
    yield "power", elementary.power(np.abs(first), 3.7)
    yield "kl", kl_divergence(9 * first, 9 * first[:, ::-1])
    yield "bernoulli", bernoulli_kl(9 * first, 9 * first[:, ::-1])
    yield "factors", FACTORS
    yield "ridge", np.array([LeastSquaresOptions.for_samples(n).ridge for n in range(100, 1000, 7)])
    yield from solved()
    yield from slopes_of_layers()


lines = [
    f"{name} {hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()}"
    for name, array in values()
]
lines.append("blas " + "+".join(sorted({str(d.get("architecture")) for d in threadpool_info()})))
sys.stdout.write("\n".join(lines))
