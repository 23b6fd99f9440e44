"""exp, log and what follows from them, from additions, multiplications and divisions alone.

numpy's own take other instructions on other processors (AVX-512 has its own exp, log, tanh and
power), and so do C libraries: their last bits differ. Here every step is an operation that
IEEE 754 rounds correctly, one array at a time, so nothing can be fused. Errors are below four units
in the last place of float64.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""ln 2 in two parts, the first with 32 bits, so that its products with exponents are exact
(fdlibm, ``e_exp.c``)."""

LOG2_E = 1.4426950408889634
SQRT_HALF = 0.7071067811865476

EXP_TERMS = tuple(1.0 / factorial(n) for n in range(14, -1, -1))
"""Taylor's series on |r| <= ln 2 / 2; the next term is below 2**-60."""

ATANH_TERMS = tuple(1.0 / n for n in range(37, 0, -2))
"""Series of atanh(s) / s in s**2, for s up to 1/3: the next term is below 2**-60."""


def _polynomial(x: Floats, terms: tuple[float, ...]) -> Floats:
    result = np.full_like(x, terms[0])
    for term in terms[1:]:
        result *= x
        result += term
    return result


def exp(x: NDArray[Any]) -> Floats:
    """e**x, f64; 0 below -745, infinite above 709.78."""
    values = np.clip(np.asarray(x, np.float64), -800.0, 800.0)
    power = np.rint(values * LOG2_E)
    rest = values - power * LN2_HIGH
    rest -= power * LN2_LOW
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        # A NaN has no exponent; it comes back through the polynomial.
        whole = np.where(np.isnan(power), 0.0, power).astype(np.int32)
        result: Floats = np.ldexp(_polynomial(rest, EXP_TERMS), whole)
    return result


def expm1_small(x: Floats) -> Floats:
    """e**x - 1 for |x| <= 1/2."""
    return x * _polynomial(x, tuple(1.0 / factorial(n) for n in range(17, 0, -1)))


def _log_ratio(s: Floats) -> Floats:
    """ln((1 + s) / (1 - s)) for |s| <= 1/3."""
    result: Floats = 2.0 * s * _polynomial(s * s, ATANH_TERMS)
    return result


def log(x: NDArray[Any]) -> Floats:
    """Natural logarithm of positive numbers, f64; minus infinity of 0."""
    values = np.asarray(x, np.float64)
    usual = (values > 0) & np.isfinite(values)
    mantissa, exponent = np.frexp(np.where(usual, values, 1.0))
    small = mantissa < SQRT_HALF
    mantissa = np.where(small, 2.0 * mantissa, mantissa)
    power = (exponent - small).astype(np.float64)
    part = _log_ratio((mantissa - 1.0) / (mantissa + 1.0))
    result = power * LN2_HIGH + (part + power * LN2_LOW)
    unusual = np.where(values == 0, -np.inf, np.where(values > 0, np.inf, np.nan))
    return np.where(usual, result, unusual)


def softplus(x: NDArray[Any]) -> Floats:
    """ln(1 + e**x), f64."""
    values = np.asarray(x, np.float64)
    tail = exp(-np.abs(values))
    return np.maximum(values, 0.0) + _log_ratio(tail / (2.0 + tail))


def logistic(x: NDArray[Any]) -> Floats:
    """1 / (1 + e**-x), f64."""
    result: Floats = 1.0 / (1.0 + exp(-np.asarray(x, np.float64)))
    return result


def tanh(x: NDArray[Any]) -> Floats:
    """Hyperbolic tangent, f64."""
    values = np.asarray(x, np.float64)
    size = np.abs(values)
    near = expm1_small(np.minimum(2.0 * size, 0.5))
    grown = np.where(size <= 0.25, near, exp(np.minimum(2.0 * size, 80.0)) - 1.0)
    result: Floats = np.copysign(grown / (grown + 2.0), values)
    return result


def power(base: NDArray[Any], exponent: float) -> Floats:
    """``base``**``exponent`` for base >= 0 and exponent > 0, f64, to some 2**-47."""
    values = np.asarray(base, np.float64)
    safe = np.where(values > 0, values, 1.0)
    return np.where(values > 0, exp(exponent * log(safe)), 0.0)
