"""Which interpreters run layers with int4 weights: each is tried on a small layer of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from mendlite.errors import UnsupportedModelError
from mendlite.jobs.second_opinion import isolated
from mendlite.model.graph import LAYER_OPS, Layer, Model
from mendlite.model.tensor import INT4_RANGE, DType, Tensor
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import Runtime
from mendlite.tflite.one_operator import one_operator
from mendlite.tflite.reader import read

SAME, OTHER, REFUSED = "as our kernels", "differs from our kernels", "not run"


def int4_layers(model: Model) -> dict[str, Model]:
    """A model of one layer for each kind of int8 layer in ``model``, its weights made int4.

    They have a scale for each channel, as files have them: TFLite Micro runs dense layers with one.
    """
    layers = {layer.op: layer for layer in model.layers if layer.op in LAYER_OPS}
    return {op: _with_int4(model, layer) for op, layer in sorted(layers.items())}


def _with_int4(model: Model, layer: Layer) -> Model:
    tensors = list(model.tensors)
    weights = tensors[layer.weights]
    stored = np.asarray(weights.data, np.float64)
    values = np.clip(np.rint(stored / 16), *INT4_RANGE).astype(np.int8)
    tensors[layer.weights] = replace(
        _per_channel(weights, layer.channels, layer.channel_axis), dtype=DType.INT4, data=values
    )
    if layer.bias is not None:
        tensors[layer.bias] = _per_channel(tensors[layer.bias], layer.channels, 0)
    changed = replace(model, tensors=tuple(tensors))
    return read(one_operator(changed, model.operators[layer.index], {}).data)


def _per_channel(tensor: Tensor, channels: int, axis: int) -> Tensor:
    scale = np.full(channels, tensor.scale) * (16 * (1 + np.arange(channels) / channels))
    quant = replace(
        tensor.quantization(), scale=scale, zero_point=np.zeros(channels, np.int64), axis=axis
    )
    return replace(tensor, quant=quant)


def int4_lines(model: Model, runtimes: Sequence[Runtime]) -> dict[str, str]:
    """For each runtime what it does with int4 layers like those of ``model``, in one line.

    Where it lacks a kernel the line names the runtimes that the cross-check has instead.
    """
    layers = int4_layers(model)
    results = {r.kernels: {op: _tried(r, one) for op, one in layers.items()} for r in runtimes}

    @cache
    def running(op: str) -> tuple[str, ...]:
        return tuple(name for name, state_of in results.items() if state_of[op] != REFUSED)

    lines = {}
    for name, result in results.items():
        parts = [
            f"{', '.join(ops)} {state}"
            for state in (SAME, OTHER)
            if (ops := [op for op, outcome in result.items() if outcome == state])
        ]
        for op in (op for op, outcome in result.items() if outcome == REFUSED):
            others = " and ".join(running(op)) or "nothing here"
            parts.append(f"no kernel for {op} with a scale a channel: {others} looks instead")
        lines[name] = "; ".join(parts)
    return lines


def _tried(runtime: Runtime, model: Model) -> str:
    tensor, outputs = model.tensors[model.inputs[0]], list(model.outputs)
    x = np.random.default_rng(0).integers(-128, 128, (2, *tensor.shape[1:])).astype(np.int8)
    try:
        theirs = collect(isolated(runtime, model), [x], outputs)[outputs[0]]
    except UnsupportedModelError:
        return REFUSED
    ours = collect(ReferenceRunner(model=model, profile=runtime.profile), [x], outputs)
    return SAME if np.array_equal(theirs, ours[outputs[0]]) else OTHER
