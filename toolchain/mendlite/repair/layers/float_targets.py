"""The float model's outputs at drawn rows of every layer: the targets of a repair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.model.rows import rows_of
from mendlite.model.samples import Samples
from mendlite.pairing.layers import LayerPair
from mendlite.repair.layers.residual_target import ResidualTarget

MEMORY = 512 * 2**20
"""Bytes of targets held at a time; a deeper network takes more float passes."""

ROWS_PER_WEIGHT = 32
ROWS_AT_LEAST = 8192
ROWS_AT_MOST = 2**17
"""Rows of a layer's system: enough for its unknowns, and few enough for exact sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTarget:
    """The float outputs that one layer should follow.

    ``rows`` i64[S], rising, index the flattened (n, out_h, out_w) of the layer's output;
    ``values`` f32[S, C] are the float model's values of ``residual.reference`` there.
    """

    residual: ResidualTarget
    rows: NDArray[np.int64]
    values: NDArray[np.float32]


DEPTHWISE_ROWS = 4096
"""Every channel of a depthwise layer has rows of its own, of few weights each."""


def draw_rows(
    available: int, weights: int, seed: int, at_least: int = ROWS_AT_LEAST
) -> NDArray[np.int64]:
    """Sorted rows i64[S] of ``available``, drawn without replacement; all where there are few."""
    count = min(max(at_least, ROWS_PER_WEIGHT * weights), ROWS_AT_MOST)
    if available <= count:
        return np.arange(available)
    drawn = np.random.default_rng(seed).choice(available, count, replace=False)
    return np.sort(drawn.astype(np.int64))


def _rows(case: Case, pair: LayerPair, count: int) -> NDArray[np.int64]:
    """Rows of one layer. Its weights per channel say how many rows it needs."""
    shape = case.reference.tensors[pair.reference.output].shape
    spatial = int(np.prod(shape[:-1], dtype=np.int64))
    weights = case.quantized.tensors[pair.quantized.weights].shape
    per_channel = int(np.prod(weights, dtype=np.int64)) // pair.quantized.channels
    at_least = DEPTHWISE_ROWS if pair.quantized.op == "DEPTHWISE_CONV_2D" else ROWS_AT_LEAST
    seed = case.seed + pair.quantized.index
    return draw_rows(count * spatial, per_channel, seed, at_least)


def _groups(pairs: Sequence[LayerPair], sizes: Sequence[int]) -> Iterator[list[int]]:
    """Consecutive layers whose outputs fit into MEMORY together; at least one a group."""
    group: list[int] = []
    used = 0
    for index in range(len(pairs)):
        if group and used + sizes[index] > MEMORY:
            yield group
            group, used = [], 0
        group.append(index)
        used += sizes[index]
    if group:
        yield group


FloatTargets = Callable[
    [Case, Sequence[LayerPair], Sequence[ResidualTarget]], Iterator[tuple[LayerPair, LayerTarget]]
]
"""The targets of pairs of a case, in order."""


def float_targets(
    case: Case, pairs: Sequence[LayerPair], residuals: Sequence[ResidualTarget]
) -> Iterator[tuple[LayerPair, LayerTarget]]:
    """The targets of each pair in order, from as few float passes as memory allows."""
    samples = case.sets.repair
    rows = [_rows(case, pair, case.rows(samples)) for pair in pairs]
    sizes = _sizes(pairs, rows)
    for group in _groups(pairs, sizes):
        tensors = [residuals[i].reference for i in group]
        values = _collect(case, samples, tensors, [rows[i] for i in group])
        for index in group:
            # Forgotten here as they go: the next group's are collected beside nothing.
            own = values.pop(0)
            yield pairs[index], LayerTarget(rows=rows[index], values=own, residual=residuals[index])
            del own


def _sizes(pairs: Sequence[LayerPair], rows: Sequence[NDArray[np.int64]]) -> list[int]:
    """Bytes of each layer's targets."""
    return [4 * drawn.size * p.quantized.channels for drawn, p in zip(rows, pairs, strict=True)]


def _collect(
    case: Case,
    samples: Samples,
    tensors: Sequence[int],
    rows: Sequence[NDArray[np.int64]],
) -> list[NDArray[np.float32]]:
    """One float pass that keeps the drawn rows of each tensor, f32[S, C]."""
    widths = [case.reference.tensors[tensor].shape[-1] for tensor in tensors]
    kept = [
        np.empty((drawn.size, width), np.float32) for drawn, width in zip(rows, widths, strict=True)
    ]
    runner = case.execution.reference_runner(case.reference)
    first = 0
    for values in runner.run(case.float_inputs(samples), list(dict.fromkeys(tensors))):
        count = len(values[tensors[0]]) // rows_of(case.reference.tensors[tensors[0]])
        for own, tensor, drawn in zip(kept, tensors, rows, strict=True):
            output = values[tensor].astype(np.float32)
            flat = output.reshape(-1, output.shape[-1])
            spatial = flat.shape[0] // count
            ends = np.searchsorted(drawn, (first * spatial, (first + count) * spatial))
            inside = drawn[slice(*ends)]
            own[slice(*ends)] = flat[inside - first * spatial]
        first += count
        case.progress("replay float layers", first, case.rows(samples))
    return kept


@dataclass(slots=True)
class KeptTargets:
    """Targets by float model and repair samples: the latest ones that fit into MEMORY."""

    _kept: dict[object, list[LayerTarget]] = field(default_factory=dict)

    def __call__(
        self, case: Case, pairs: Sequence[LayerPair], residuals: Sequence[ResidualTarget]
    ) -> Iterator[tuple[LayerPair, LayerTarget]]:
        """As ``float_targets``, without a float pass where they are known."""
        numbers = tuple(pair.quantized.number for pair in pairs)
        rows = case.sets.repair.rows.tobytes()
        key = (case.reference.sha256, rows, numbers, tuple(residuals))
        if key in self._kept:
            yield from zip(pairs, self._kept[key], strict=True)
            return
        drawn = [_rows(case, pair, case.rows(case.sets.repair)) for pair in pairs]
        fit = sum(_sizes(pairs, drawn)) <= MEMORY
        own: list[LayerTarget] = []
        for pair, target in float_targets(case, pairs, residuals):
            if fit:
                own.append(target)
            yield pair, target
        if len(own) == len(pairs):
            self._keep(key, own)

    def _keep(self, key: object, own: list[LayerTarget]) -> None:
        self._kept[key] = own
        while sum(t.values.nbytes for kept in self._kept.values() for t in kept) > MEMORY:
            del self._kept[next(iter(self._kept))]
