"""The float model's outputs at chosen positions of every layer: what a repair aims at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.model.samples import Samples
from mendlite.pairing.layers import LayerPair
from mendlite.repair.layers.residual_target import Aim
from mendlite.replay.registry import make_runner

MEMORY = 512 * 2**20
"""Bytes of wanted outputs held at a time; a deeper network takes more float passes."""

ROWS_PER_WEIGHT = 64
ROWS_AT_LEAST = 16_384
ROWS_AT_MOST = 2**17
"""Rows of a layer's system: enough for its unknowns, and few enough for exact sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one layer should make true.

    ``positions`` i64[S], rising, index the flattened (n, out_h, out_w) of the layer's output;
    ``values`` f32[S, C] are the float model's values of ``aim.reference`` there.
    """

    aim: Aim
    positions: NDArray[np.int64]
    values: NDArray[np.float32]


DEPTHWISE_ROWS = 4096
"""Every channel of a depthwise layer has rows of its own, of few weights each."""


def choose_positions(
    available: int, weights: int, seed: int, at_least: int = ROWS_AT_LEAST
) -> NDArray[np.int64]:
    """Sorted positions i64[S], drawn without replacement; all where there are few."""
    rows = min(max(at_least, ROWS_PER_WEIGHT * weights), ROWS_AT_MOST)
    if available <= rows:
        return np.arange(available)
    drawn = np.random.default_rng(seed).choice(available, rows, replace=False)
    return np.sort(drawn.astype(np.int64))


def _positions(case: Case, pair: LayerPair, count: int) -> NDArray[np.int64]:
    """Positions of one layer. Its weights per channel say how many rows it needs."""
    shape = case.reference.tensors[pair.reference.output].shape
    spatial = int(np.prod(shape[1:-1], dtype=np.int64))
    weights = case.quantized.tensors[pair.quantized.weights].shape
    per_channel = int(np.prod(weights, dtype=np.int64)) // pair.quantized.channels
    at_least = DEPTHWISE_ROWS if pair.quantized.op == "DEPTHWISE_CONV_2D" else ROWS_AT_LEAST
    seed = case.seed + pair.quantized.index
    return choose_positions(count * spatial, per_channel, seed, at_least)


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


def wanted_outputs(
    case: Case, samples: Samples, pairs: Sequence[LayerPair], aims: Sequence[Aim]
) -> Iterator[tuple[LayerPair, Wanted]]:
    """The wanted outputs of each pair in order, from as few float passes as memory allows."""
    positions = [_positions(case, pair, samples.count) for pair in pairs]
    sizes = [
        4 * places.size * pair.quantized.channels
        for places, pair in zip(positions, pairs, strict=True)
    ]
    for group in _groups(pairs, sizes):
        tensors = [aims[i].reference for i in group]
        values = _collect(case, samples, tensors, [positions[i] for i in group])
        for index, found in zip(group, values, strict=True):
            wanted = Wanted(positions=positions[index], values=found, aim=aims[index])
            yield pairs[index], wanted


def _collect(
    case: Case,
    samples: Samples,
    tensors: Sequence[int],
    positions: Sequence[NDArray[np.int64]],
) -> list[NDArray[np.float32]]:
    """One float pass that keeps the chosen positions of each tensor, f32[S, C]."""
    pieces: list[list[NDArray[np.float32]]] = [[] for _ in tensors]
    runner = make_runner("reference", case.reference, case.profile)
    first = 0
    for values in runner.run(case.float_inputs(samples), list(dict.fromkeys(tensors))):
        count = len(values[tensors[0]])
        for piece, tensor, places in zip(pieces, tensors, positions, strict=True):
            output = values[tensor].astype(np.float32)
            flat = output.reshape(-1, output.shape[-1])
            spatial = flat.shape[0] // count
            ends = np.searchsorted(places, (first * spatial, (first + count) * spatial))
            inside = places[slice(*ends)]
            piece.append(flat[inside - first * spatial])
        first += count
        case.progress("replay float layers", first, samples.count)
    return [np.concatenate(piece) for piece in pieces]
