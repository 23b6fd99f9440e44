"""Normal equations of a layer's least squares, and a stronger pull in their real optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.cholesky import cholesky, solve_triangles
from mendlite.algorithms.nearest_plane import coordinate_descent, nearest_plane
from mendlite.algorithms.row_sums import ResidualSums, RowSums
from mendlite.arith.exact_products import real_product
from mendlite.arith.ordered_sums import ordered_mean
from mendlite.model.layer_system import LayerSystem


@dataclass(frozen=True, kw_only=True)
class Normal:
    """Normal equations of a layer: ``gram`` f64[K, K], or f64[C, K, K] for depthwise.

    ``matrix`` is the centred Gram matrix (the bias is eliminated where there is one) plus the
    ridge on its diagonal; ``ridge`` f64[] or f64[C, 1] is that diagonal's addition;
    ``mean`` f64[K] or f64[C, K] is the mean row, zero without a bias; ``total`` the sum of the
    rows, whole numbers.
    """

    matrix: NDArray[np.float64]
    ridge: NDArray[np.float64]
    mean: NDArray[np.float64]
    total: NDArray[np.float64]

    @cached_property
    def triangle(self) -> NDArray[np.float64]:
        """The lower triangle L with L L' = ``matrix``."""
        return cholesky(self.matrix)

    def pull(
        self, system: LayerSystem, left: ResidualSums, weights: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """What ``weights`` should move by, times ``matrix``: f64[C, K].

        ``left`` are the sums of the distances that they leave.
        """
        return pull_of(self.mean, self.ridge, system, left, weights)

    def as_they_are(self) -> PulledMore:
        """The equations without a stronger pull."""
        return PulledMore(addition=np.zeros(1), solve=partial(_solved, self.triangle))

    def rounded(
        self, right: NDArray[np.float64], lower: NDArray[np.int64], upper: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Whole numbers f64[C, K] in a box near the optimum of ``right`` f64[C, K]."""
        start = nearest_plane(self.triangle, right, lower, upper)
        return coordinate_descent(self.matrix, right, start, lower, upper)

    def pulled_more(self, pull: float) -> PulledMore | None:
        """The same equations with ``pull`` in place of the ridge; None where it is no larger."""
        diagonal = np.diagonal(self.matrix, axis1=-2, axis2=-1)
        mean = ordered_mean(diagonal, -1)[..., None] - self.ridge
        addition = pull * mean - self.ridge
        if not np.all(addition > 0):
            return None
        matrix = self.matrix + addition[..., None] * np.eye(self.matrix.shape[-1])
        return PulledMore(addition=addition, solve=partial(_solved, cholesky(matrix)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledMore:
    """Normal equations with ``addition`` f64[1] or f64[C, 1] more on the diagonal.

    ``solve`` results in their real solution f64[C, K] for a right side f64[C, K].
    """

    addition: NDArray[np.float64]
    solve: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    def optimum(
        self, right: NDArray[np.float64], system: LayerSystem, weights: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """What ``weights`` should move by, f64[C, K]; ``right`` is their pull as it was."""
        return self.solve(right + self.addition * (system.weights_float - weights))

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


def pull_of(
    mean: NDArray[np.float64],
    ridge: NDArray[np.float64],
    system: LayerSystem,
    left: ResidualSums,
    weights: NDArray[np.int64],
) -> NDArray[np.float64]:
    """``Normal.pull`` for rows of this ``mean``."""
    scale = float(1 << system.fraction_bits)
    right = left.correlation / scale
    right = right - left.total[:, None] / scale * mean
    pulled: NDArray[np.float64] = right + ridge * (system.weights_float - weights)
    return pulled


def _solved(triangle: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """The solution f64[C, K] of the matrix with this lower triangle."""
    if triangle.ndim == 3:
        return solve_triangles(triangle, right[..., None])[..., 0]
    return solve_triangles(triangle, right.T).T


def normal_equations(system: LayerSystem, ridge: float) -> Normal:
    """The normal equations of a layer's rows."""
    return Centred.of(RowSums.of(system), has_bias=system.bias is not None).with_ridge(ridge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Centred:
    """The Gram matrix f64[..., K, K] of rows less ``mean`` f64[..., K], which a bias takes.

    ``total`` f64[..., K] is the rows' sum.
    """

    gram: NDArray[np.float64]
    mean: NDArray[np.float64]
    total: NDArray[np.float64]

    @staticmethod
    def of(rows: RowSums, *, has_bias: bool) -> Centred:
        """Of these rows, centred where a bias takes the mean."""
        mean = rows.total / rows.count if has_bias else np.zeros_like(rows.total)
        gram = rows.gram - rows.count * mean[..., :, None] * mean[..., None, :]
        return Centred(gram=gram, mean=mean, total=rows.total)

    def times_gram(self, step: NDArray[np.float64]) -> NDArray[np.float64]:
        """``step`` f64[C, K] times the Gram matrix."""
        if self.gram.ndim == 3:
            return real_product(step[:, None, :], self.gram)[:, 0]
        return real_product(step, self.gram)

    def with_ridge(self, ridge: float) -> Normal:
        """The normal equations, ``ridge`` relative to the mean diagonal; at least 1 is added."""
        diagonal = np.diagonal(self.gram, axis1=-2, axis2=-1)
        addition = np.maximum(ridge * ordered_mean(diagonal, -1), 1.0)
        matrix = self.gram + addition[..., None, None] * np.eye(self.gram.shape[-1])
        return Normal(matrix=matrix, ridge=addition[..., None], mean=self.mean, total=self.total)
