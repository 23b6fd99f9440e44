"""A last layer and images as an EquivalenceProblem: what float does, in the layer's own levels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.requantize import accumulator_threshold
from mendlite.case.case import Case
from mendlite.measure.classification import predictions
from mendlite.measure.outputs import Outputs
from mendlite.measure.task import OF_CLASSES
from mendlite.model.equivalence import LEVELS, EquivalenceProblem
from mendlite.model.graph import Layer, Model
from mendlite.model.samples import Samples
from mendlite.repair.layers.last_dense import read_dense
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.layers import make_requantizer

OPEN = 2**31
"""A cut that no int32 accumulator reaches."""


def equivalence_problem(
    case: Case,
    model: Model,
    layer: Layer,
    samples: Samples,
    *,
    teacher: Outputs,
    epsilon: float | None,
    reach: int | None = None,
) -> EquivalenceProblem:
    """The specification on ``samples``, with every weight free.

    Classification requires float's class; ``epsilon``, in the output's real unit, bounds
    |int8 - float| of every output besides. ``reach`` bounds |delta|.
    """
    dense = read_dense(case, model, layer, samples)
    weights = dense.weights.astype(np.int16)
    reference = teacher.values.reshape(-1, layer.channels)
    low, high = _allowed(model, layer, reference, epsilon)
    classes = case.task.kind in OF_CLASSES
    winner = predictions(reference) if classes else np.full(len(reference), -1, np.int64)
    least, most = model.tensors[layer.weights].weight_range
    size = most - least if reach is None else reach
    return EquivalenceProblem(
        inputs=dense.rows.astype(np.int16),
        weights=weights,
        bias=np.zeros(layer.channels, np.int64) if dense.bias is None else dense.bias,
        cuts=_cuts(case, model, layer),
        winner=winner.astype(np.int64),
        low=low,
        high=high,
        free=np.ones(weights.shape, np.bool_),
        delta_min=np.maximum(np.minimum(least - weights, 0), -size).astype(np.int16),
        delta_max=np.minimum(np.maximum(most - weights, 0), size).astype(np.int16),
    )


def _cuts(case: Case, model: Model, layer: Layer) -> NDArray[np.int64]:
    """Smallest accumulator of every level of every output, i64[C, 257]."""
    quantizer = make_requantizer(prepare(model, case.profile).context(layer.index))
    channel = np.repeat(np.arange(layer.channels), LEVELS - 1)
    lowest, _ = model.tensors[layer.output].dtype.ends
    value = np.tile(np.arange(1, LEVELS) + lowest, layer.channels)
    inner = accumulator_threshold(quantizer, channel, value).reshape(layer.channels, -1)
    ends = np.full((layer.channels, 1), OPEN, np.int64)
    return np.concatenate([-2 * ends, inner, 2 * ends], axis=1)


def _allowed(
    model: Model, layer: Layer, reference: NDArray[np.float64], epsilon: float | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Levels whose real value is within ``epsilon`` of float's; all without it.

    Where float lies outside the output's range, its end is what can be required.
    """
    if epsilon is None:
        low = np.zeros(reference.shape, np.int64)
        return low, np.full_like(low, LEVELS - 1)
    output = model.tensors[layer.output]
    level = reference / output.scale + output.zero_point - output.dtype.ends[0]
    tolerance = epsilon / output.scale
    inside = np.clip(level, 0, LEVELS - 1)
    low = np.clip(np.ceil(inside - tolerance), 0, LEVELS - 1).astype(np.int64)
    high = np.clip(np.floor(inside + tolerance), 0, LEVELS - 1).astype(np.int64)
    # A tolerance finer than a level still allows the nearest one.
    nearest = np.rint(inside).astype(np.int64)
    return np.minimum(low, nearest), np.maximum(high, nearest)


def joined(first: EquivalenceProblem, second: EquivalenceProblem) -> EquivalenceProblem:
    """The images of both; everything else is the first one's."""
    return replace(
        first,
        inputs=np.concatenate([first.inputs, second.inputs]),
        winner=np.concatenate([first.winner, second.winner]),
        low=np.concatenate([first.low, second.low]),
        high=np.concatenate([first.high, second.high]),
    )
