"""Normal equations of a layer's least squares, and a stronger pull in their real optimum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.system import column_sums
from mendlite.arith.cholesky import cholesky, solve_triangles
from mendlite.arith.ordered_sums import ordered_mean
from mendlite.model.layer_system import LayerSystem


@dataclass(frozen=True, kw_only=True)
class Normal:
    """Normal equations of a layer: ``gram`` f64[K, K], or f64[C, K, K] for depthwise.

    ``matrix`` is the centred Gram matrix (the bias is eliminated where there is one) plus the
    ridge on its diagonal; ``ridge`` f64[] or f64[C, 1] is that diagonal's addition;
    ``mean`` f64[K] or f64[C, K] is the mean row, zero without a bias.
    """

    matrix: NDArray[np.float64]
    ridge: NDArray[np.float64]
    mean: NDArray[np.float64]

    @cached_property
    def triangle(self) -> NDArray[np.float64]:
        """The lower triangle L with L L' = ``matrix``."""
        return cholesky(self.matrix)

    def pull(
        self,
        system: LayerSystem,
        residual: NDArray[np.int64],
        weights: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """What the weights should move by, times ``matrix``: f64[C, K].

        ``residual`` i64[S, C] are the distances that ``weights`` leave, in target units.
        """
        scale = float(1 << system.fraction_bits)
        right = correlation(system, residual) / scale
        right = right - column_sums(residual)[:, None] / scale * self.mean
        pulled: NDArray[np.float64] = right + self.ridge * (system.weights_float - weights)
        return pulled

    def pulled_more(self, pull: float) -> PulledMore | None:
        """The same equations with ``pull`` in place of the ridge; None where it is no larger."""
        diagonal = np.diagonal(self.matrix, axis1=-2, axis2=-1)
        mean = ordered_mean(diagonal, -1)[..., None] - self.ridge
        addition = pull * mean - self.ridge
        if not np.all(addition > 0):
            return None
        matrix = self.matrix + addition[..., None] * np.eye(self.matrix.shape[-1])
        return PulledMore(addition=addition, triangle=cholesky(matrix))


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledMore:
    """Normal equations with ``addition`` f64[1] or f64[C, 1] more on the diagonal.

    ``triangle`` is their lower triangle.
    """

    addition: NDArray[np.float64]
    triangle: NDArray[np.float64]

    @staticmethod
    def none(normal: Normal) -> PulledMore:
        """The equations as they are."""
        return PulledMore(addition=np.zeros(1), triangle=normal.triangle)

    def optimum(
        self, right: NDArray[np.float64], system: LayerSystem, weights: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """What ``weights`` should move by, f64[C, K]; ``right`` is their pull as it was."""
        more = right + self.addition * (system.weights_float - weights)
        if self.triangle.ndim == 3:
            return solve_triangles(self.triangle, more[..., None])[..., 0]
        return solve_triangles(self.triangle, more.T).T

    def right(
        self, right: NDArray[np.float64], system: LayerSystem, weights: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """What takes the place of the pull ``right`` f64[C, K] of ``weights``.

        With it the optimum of the equations as they were is that of these.
        """
        optimum = self.optimum(right, system, weights)
        moved: NDArray[np.float64] = right + self.addition * (
            system.weights_float - weights - optimum
        )
        return moved


def by_channel(rows: NDArray[Any]) -> NDArray[np.float64]:
    """Rows f64[S, K], or f64[C, S, K] of a depthwise layer, as products read them."""
    values = np.asarray(rows, np.float64)
    return np.ascontiguousarray(values.transpose(1, 0, 2)) if values.ndim == 3 else values


def gram_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gram matrix f64[..., K, K] of rows f64[..., S, K]; exact for up to 2**18 integer rows."""
    gram: NDArray[np.float64] = values.swapaxes(-1, -2) @ values
    return gram


def normal_equations(system: LayerSystem, ridge: float) -> Normal:
    """The normal equations of a layer's rows."""
    return centred_rows(by_channel(system.rows), has_bias=system.bias is not None).with_ridge(ridge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Centred:
    """The Gram matrix f64[..., K, K] of rows less ``mean`` f64[..., K], which a bias takes."""

    gram: NDArray[np.float64]
    mean: NDArray[np.float64]

    @staticmethod
    def of(gram: NDArray[np.float64], values: NDArray[np.float64], *, has_bias: bool) -> Centred:
        """Of the Gram matrix of integer rows ``values`` f64[..., S, K]."""
        count = values.shape[-2]
        # A product with ones adds integers exactly, and takes a fraction of the time of ``mean``.
        mean = np.ones(count) @ values / count if has_bias else np.zeros_like(values[..., 0, :])
        return Centred(gram=gram - count * mean[..., :, None] * mean[..., None, :], mean=mean)

    def with_ridge(self, ridge: float) -> Normal:
        """The normal equations, ``ridge`` relative to the mean diagonal; at least 1 is added."""
        diagonal = np.diagonal(self.gram, axis1=-2, axis2=-1)
        addition = np.maximum(ridge * ordered_mean(diagonal, -1), 1.0)
        matrix = self.gram + addition[..., None, None] * np.eye(self.gram.shape[-1])
        return Normal(matrix=matrix, ridge=addition[..., None], mean=self.mean)


def centred_rows(values: NDArray[np.float64], *, has_bias: bool) -> Centred:
    """The Gram matrix of integer rows f64[..., S, K], centred where a bias takes the mean."""
    return Centred.of(gram_of(values), values, has_bias=has_bias)


def correlation(system: LayerSystem, residual: NDArray[np.int64]) -> NDArray[np.float64]:
    """Products rows^T . residual, f64[C, K], in target units: exact integers below 2**53."""
    values, right = np.asarray(system.rows, np.float64), residual.astype(np.float64)
    if system.depthwise:
        each: NDArray[np.float64] = right.T[:, None, :] @ values.transpose(1, 0, 2)
        return each[:, 0]
    return right.T @ values
