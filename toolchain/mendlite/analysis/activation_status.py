"""Activation statuses of chosen layers in the float and in the quantized model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.model.graph import Model
from mendlite.model.rows import by_sample
from mendlite.model.samples import Samples
from mendlite.pairing.layers import LayerPair
from mendlite.replay.collect import collect, joined
from mendlite.replay.runner import Runner
from mendlite.tflite.logits import real_values


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStatus:
    """Statuses (output > 0) of one layer, by position.

    ``reference`` and ``quantized`` bool[n, ..., C]; ``positions`` of a test; ``inputs`` are the
    quantized layer's stored inputs (n, ...), None where they were not requested.
    """

    layer: int
    positions: int
    reference: NDArray[np.bool_]
    quantized: NDArray[np.bool_]
    inputs: NDArray[np.generic] | None


def layer_statuses(
    case: Case,
    model: Model,
    samples: Samples,
    pairs: Sequence[LayerPair],
    *,
    with_inputs: bool = False,
) -> list[LayerStatus]:
    """Replay both models once and keep the layers' statuses (a byte each), by layer."""
    floats = case.execution.reference_runner(case.reference)
    reference = _active(
        floats, case.reference, case.float_inputs(samples), [p.reference.output for p in pairs]
    )
    inputs = case.quantized_inputs(samples, model)
    outputs = [p.quantized.output for p in pairs]
    quantized = _active(case.execution.replay_runner(model), model, inputs, outputs)
    statuses: list[LayerStatus] = []
    for pair, exact, rounded in zip(pairs, reference, quantized, strict=True):
        kept, every = None, by_sample(model.tensors[pair.quantized.output], rounded)
        if with_inputs:
            source = pair.quantized.input
            kept = collect(case.execution.replay_runner(model), inputs, [source])[source]
        statuses.append(
            LayerStatus(
                layer=pair.quantized.number,
                positions=int(np.prod(every.shape[1:-1], dtype=np.int64)),
                reference=exact.reshape(every.shape),
                quantized=every,
                inputs=kept,
            )
        )
    return statuses


def _active(
    runner: Runner, model: Model, inputs: Sequence[NDArray[np.generic]], tensors: Sequence[int]
) -> list[NDArray[np.bool_]]:
    slices = (
        {t: real_values(model, t, values[t]) > 0 for t in tensors}
        for values in runner.run(inputs, list(dict.fromkeys(tensors)))
    )
    active = joined(slices, tensors)
    return [active[t] for t in tensors]
