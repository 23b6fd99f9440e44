"""Integer least squares: move a layer's weights and biases so that its outputs follow float.

Per output channel, minimise over integer delta and delta_b the sum of squared distances of
the accumulators from their (possibly one-sided) targets, plus a ridge toward the float
weights, within a box. One-sided targets are handled by majorisation: with the targets of the
saturated rows held at the nearest allowed value, the problem is an ordinary least squares
whose Gram matrix all rounds share. Each round rounds the real optimum by Babai's nearest
plane (the ordering that GPTQ uses, Frantar et al. 2022) and improves it by coordinate descent.
Channels are apart: one whose targets did not move, or that a round made no better, is done.

A ridge has two effects. In the real optimum it keeps to the float weights what the rows determine
badly, which would fit these samples alone. In the rounding it damps how far other weights make up
for what one lost. The first is chosen by rows that were held out (``held_out_pull``); the second
costs more the stronger it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.bias import BIAS_LIMIT, nearest_mean
from mendlite.algorithms.held_out_pull import halves_of, held_out_pull, whole_of
from mendlite.algorithms.normal import Normal, PulledMore
from mendlite.algorithms.row_sums import Places, ResidualSums, one_sided, placed
from mendlite.algorithms.wide_rows import WideNormal, equations_of
from mendlite.arith.elementary import exp, log
from mendlite.model.layer_system import LayerRepair, LayerSystem

PART_BYTES = 2**26
"""Bytes of the rows in float64 of the channels of a depthwise layer that are solved together."""

LOG_4, LOG_10 = 1.3862943611198906, 2.302585092994046

COARSE = 16
"""Levels of a type up to which a layer's weights may take each of them (int4): its steps are so
large that a few of them span the range."""


def is_coarse(weight_range: tuple[int, int]) -> bool:
    """Whether weights of this range have no more than COARSE levels."""
    return weight_range[1] - weight_range[0] < COARSE


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastSquaresOptions:
    """Bounds of the search.

    ``delta_limit`` bounds |delta| of each weight, with ``all_levels`` only in layers of more than
    COARSE levels; ``ridge`` is the weight of the distance from the float weights, relative to the
    mean diagonal of the Gram matrix; ``rounds`` of majorisation. In the real optimum one
    of ``pulls`` takes the place of ``ridge`` where that leaves less error on rows that were held
    out; it is rounded with ``ridge``. Not in layers of up to COARSE levels, nor where
    ``LayerSystem.own_float`` is false.
    """

    delta_limit: int
    ridge: float
    pulls: tuple[float, ...] = ()
    rounds: int = 4
    all_levels: bool = True

    @staticmethod
    def for_samples(samples: int) -> LeastSquaresOptions:
        """Defaults for a number of repair samples: fewer samples, tighter bounds.

        Between the two measured ends (2 and 0.1 up to 100 samples, 8 and 0.01 from 1,000;
        unbounded overfits below 100) both move with the logarithm of the count.
        """
        # Not by the C library's log10 and pow, whose last bits differ between machines.
        share = np.clip(log(np.array(max(samples, 1) / 100)) / LOG_10, 0.0, 1.0)
        return LeastSquaresOptions(
            delta_limit=round(2 * float(exp(LOG_4 * share))),
            ridge=0.1 * float(exp(-LOG_10 * share)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """Where the search stands: weights, bias, and sums over the distances that they leave."""

    weights: NDArray[np.int64]
    bias: NDArray[np.int64] | None
    left: ResidualSums

    def of_channels(self, channels: Places) -> _State:
        """That of the channels at these places."""
        return _State(
            weights=self.weights[channels],
            bias=None if self.bias is None else self.bias[channels],
            left=self.left.of_channels(channels),
        )

    def with_channels(self, channels: Places, others: _State) -> _State:
        """This with ``others`` for the channels at these places."""
        bias = self.bias
        if bias is not None and others.bias is not None:
            bias = placed(bias, channels, others.bias)
        return _State(
            weights=placed(self.weights, channels, others.weights),
            bias=bias,
            left=self.left.with_channels(channels, others.left),
        )


def least_squares(
    system: LayerSystem, options: LeastSquaresOptions, normal: Normal | None = None
) -> LayerRepair:
    """Repair the layer's weights and biases; a channel changes only if its error falls.

    ``normal`` are the system's normal equations with the options' ridge, where they are known.
    """
    if system.depthwise and normal is None:
        return _joined([_solved(part, options, None) for part in _parts(system)])
    return _solved(system, options, normal)


def _parts(system: LayerSystem) -> Iterator[LayerSystem]:
    """Channels of a depthwise layer, each a problem of its own, so many that memory is bounded."""
    samples, channels, taps = system.rows.shape
    size = max(1, PART_BYTES // max(8 * samples * taps, 1))
    for begin in range(0, channels, size):
        part = system.of_channels(slice(begin, begin + size))
        # Converted once, and in the order in which each product reads them.
        rows = part.rows.transpose(1, 0, 2).astype(np.float64, order="C")
        yield replace(part, rows=rows.transpose(1, 0, 2))


def _joined(parts: Sequence[LayerRepair]) -> LayerRepair:
    """The repair of all channels."""
    biases = [part.bias for part in parts if part.bias is not None]
    return LayerRepair(
        weights=np.concatenate([part.weights for part in parts]),
        bias=np.concatenate(biases) if biases else None,
        before=np.concatenate([part.before for part in parts]),
        after=np.concatenate([part.after for part in parts]),
    )


def _solved(system: LayerSystem, options: LeastSquaresOptions, known: Normal | None) -> LayerRepair:
    """``least_squares`` of all channels at once."""
    if known is None:
        equations, left = _equations(system, options)
    else:
        equations, left = _Equations(known, None, options), ResidualSums.of(system)
    state = first = _State(weights=system.weights, bias=system.bias, left=left)
    moving, every = one_sided(system) | ~left.unlimited, np.arange(len(system.weights))
    going = every[system.editable]
    for _ in range(options.rounds):
        if not going.size:
            break
        # Each channel of a depthwise layer has its own equations: they stay together.
        going = every if system.depthwise else going
        before = state.of_channels(going)
        candidate = _round(system, equations, before, going)
        better = (candidate.left.squares < before.left.squares) & system.editable[going]
        state = state.with_channels(going[better], candidate.of_channels(np.flatnonzero(better)))
        # Elsewhere another round would find the same.
        going = going[better & (moving[going] | ~candidate.left.unlimited)]
    return LayerRepair(
        weights=state.weights,
        bias=state.bias,
        before=first.left.squares,
        after=state.left.squares,
    )


@dataclass(frozen=True, slots=True)
class _Equations:
    """The normal equations, and those of the real optimum where their pull is another."""

    normal: Normal | WideNormal
    pulled: PulledMore | None
    options: LeastSquaresOptions


def _equations(
    system: LayerSystem, options: LeastSquaresOptions
) -> tuple[_Equations, ResidualSums]:
    """The equations, and sums of the distances that the system's own weights leave."""
    if not (options.pulls and system.own_float) or is_coarse(system.weight_range):
        normal = equations_of(system).with_ridge(options.ridge)
        return _Equations(normal, None, options), ResidualSums.of(system)
    first, second = halves = halves_of(system)
    normal = whole_of(system, halves).with_ridge(options.ridge)
    pull = held_out_pull(halves, options.ridge, options.pulls)
    return _Equations(normal, normal.pulled_more(pull), options), first.left + second.left


def box(
    system: LayerSystem, options: LeastSquaresOptions, weights: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bounds of a further delta, i64[C, K], around ``weights``; zero is always inside."""
    return bounds_of(system.weights, weights, system.weight_range, options)


def bounds_of(
    first: NDArray[np.int64],
    weights: NDArray[np.int64],
    weight_range: tuple[int, int],
    options: LeastSquaresOptions,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same for weights of a range that were ``first`` i64[C, K]."""
    (least, most), reach = weight_range, options.delta_limit
    if options.all_levels and is_coarse(weight_range):
        reach = COARSE
    lower = np.maximum(np.minimum(least, first), first - reach) - weights
    upper = np.minimum(np.maximum(most, first), first + reach) - weights
    return lower, upper


def _round(system: LayerSystem, equations: _Equations, state: _State, channels: Places) -> _State:
    """One majorisation round of the ``channels`` at these places, whose state is ``state``.

    Targets are held, and the real optimum is rounded.
    """
    options = equations.options
    # Without rows: those of a depthwise layer would be copied.
    own = system.of_rows(slice(0)).of_channels(channels)
    right = equations.normal.pull(own, state.left, state.weights)
    if equations.pulled is not None:
        right = equations.pulled.right(right, own, state.weights)
    lower, upper = box(own, options, state.weights)
    delta = equations.normal.rounded(right, lower, upper).astype(np.int64)
    bias = state.bias
    if bias is not None:
        # What the targets, held where they are, leave to the new weights.
        moved = (equations.normal.total.astype(np.int64) * delta).sum(axis=1)
        total = state.left.total - (moved << system.fraction_bits)
        bias = bias + nearest_mean(total, len(system.rows), system.fraction_bits)
        bias = np.clip(bias, -BIAS_LIMIT, BIAS_LIMIT)
    weights = state.weights + delta
    return _State(weights=weights, bias=bias, left=_left(system, channels, weights, bias))


def _left(
    system: LayerSystem,
    channels: Places,
    weights: NDArray[np.int64],
    bias: NDArray[np.int64] | None,
) -> ResidualSums:
    """Sums over the distances that these channels leave with these weights and biases."""
    if len(channels) == len(system.weights):
        return ResidualSums.of(replace(system, weights=weights, bias=bias))
    changed = replace(system, weights=placed(system.weights, channels, weights))
    if system.bias is not None and bias is not None:
        changed = replace(changed, bias=placed(system.bias, channels, bias))
    return ResidualSums.of(changed, channels)
