"""LOG_SOFTMAX of 8 bits (``reference/log_softmax.h``) and float32, over the last axis.

Differences from a row's largest value have five integer bits, the sum of their exponentials twelve.
"""

from __future__ import annotations

import numpy as np

from mendlite.checker.rounding import (
    INT32_MAX,
    INT32_MIN,
    Integers,
    divide_by_power,
    high,
    over_power,
    quantize_multiplier,
    scale_by,
)
from mendlite.checker.softmax import exp_on_negative_values, one_over_one_plus
from mendlite.checker.step import Array, RunningOperator

LOG_2, ROOT, FOURTH_ROOT = 1488522236, 1518500250, 1805811301
"""log(2), 2**-(1/2) and 2**-(1/4), Q0.31."""

COEFFICIENTS = 117049297, 127690142, 1057819769, 638450708
"""alpha_n, alpha_d, alpha_i and alpha_f of the quotient, Q0.31."""


def log_of_sum(total: int) -> int:
    """Natural logarithm of a Q12.19 of at least 1 in Q5.26.

    ``log_x_for_x_greater_than_or_equal_to_1_impl`` of ``common.h``, six integer bits inside.
    """
    zeros = 32 - total.bit_length()
    near = high(total << (zeros - 1), ROOT) * 2
    headroom = 31 - high(total, ROOT).bit_length()
    r = min(near, total << headroom, INT32_MAX)
    exponent = max(((12 - zeros) << 25) + (1 << 23), ((12 - headroom) << 25) - (1 << 23))
    p = (r + FOURTH_ROOT + 1) >> 1
    q = 2 * (r - FOURTH_ROOT)
    square = high(q, q)
    n, d, i, f = COEFFICIENTS
    above = high(q, r) + high(high(q, square), n)
    below = high(p, i + q + high(d, square)) + high(f, q)
    inverse = int(one_over_one_plus(np.array(below, np.int64)))
    return min(2 * (high(exponent, LOG_2) + high(over_power(above, 6), inverse)), INT32_MAX)


def log_softmax(values: Integers, scale: float, *, single: bool) -> Integers:
    """Outputs of stored inputs over the last axis, in steps of 1/16; far below, -2**30."""
    factor, left = quantize_multiplier(min(scale * 2.0**26, 2.0**31 - 1), single=single)
    back = quantize_multiplier(2.0 ** (31 - left) / factor, single=single)
    smallest = -int(np.floor(31 * 2.0**26 / 2.0**left))
    diff = values - values.max(axis=-1, keepdims=True)
    counted = diff >= smallest
    scaled = scale_by(np.where(counted, diff, 0), factor, left, single=single)
    exps = np.where(counted, divide_by_power(exp_on_negative_values(scaled, 5), 12), 0)
    sums = exps.sum(axis=-1, keepdims=True)
    logs = np.vectorize(lambda total: log_of_sum(int(total)), otypes=[np.int64])(sums)
    least = np.maximum(smallest - 1, scale_by(logs + INT32_MIN, *back, single=single))
    return np.where(diff > least, divide_by_power(scaled - logs, 22), -(2**30))


def run_log_softmax(step: RunningOperator) -> Array:
    """LOG_SOFTMAX."""
    values = step.lifted(0)
    if step.kind(0) == "float32":
        real = values.astype(np.float64)
        below = real - real.max(axis=-1, keepdims=True)
        total = np.log(np.exp(below).sum(axis=-1, keepdims=True))
        return step.lowered((below - total).astype(np.float32))
    steps = log_softmax(values.astype(np.int64), step.tensor(0).scale, single=step.single)
    ends = np.iinfo(str(step.output.dtype))
    stored = np.clip(steps + step.output.zero, ends.min, ends.max)
    return step.lowered(stored.astype(ends.dtype))
