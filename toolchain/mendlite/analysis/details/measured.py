"""Layers and activations as the replay saw them, before and after the repair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mendlite.analysis.details.numbers import counted, finite, short
from mendlite.analysis.details.watched import SAMPLES, Pair, WatchedTensor, is_integer, watch
from mendlite.analysis.fake_quant import rounding_of
from mendlite.analysis.single_layers import outputs_layer_by_layer
from mendlite.case.affordable import affordable
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.model.delta import Delta
from mendlite.model.graph import Layer, Model
from mendlite.model.report_details import ActivationDetails, LayerDetails
from mendlite.pairing.layers import LayerPair
from mendlite.pairing.tensors import pair_tensors
from mendlite.replay.reference.execute import runs
from mendlite.tflite.patch_size import bytes_changed

BINS = 48
MOST = 48
"""Activations that are shown: of more, those with the least ratio of signal to noise."""

WATCHED, WATCHED_LEAST = 5e9, 16
"""Multiplications of the replay that shows every tensor, and its samples of a large network."""

COSTED, FEWEST = 32, 8
"""Samples on which a layer's cost is measured; fewer of a network that is large and deep."""

COSTS = 4e10
"""Multiplications of all layers' costs: as many replays as there are layers."""

SAME_VALUES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})
"""Operators whose output holds their input's values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Layers and activations, ``in_all`` of these; ``why_not`` states why none were measured."""

    samples: int
    layers: tuple[LayerDetails, ...]
    activations: tuple[ActivationDetails, ...]
    in_all: int
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairedPair:
    """What is measured: the repaired model, its edits, and the float model that it follows.

    ``followed`` is the case's float model, or that with rescaled channels; None without one.
    """

    case: Case
    repaired: Model
    delta: Delta
    followed: Model | None


def measured(subject: RepairedPair, why_not: str = "") -> Measured:
    """Replay at most SAMPLES selection samples on each of the models; none with a ``why_not``."""
    case = subject.case
    why_not = why_not or _why_not(case)
    if why_not or subject.followed is None:
        layers = tuple(_layer(subject, layer, {}, {}, None) for layer in case.quantized.layers)
        return Measured(samples=0, layers=layers, activations=(), in_all=0, why_not=why_not)
    samples = case.sets.selection.some(affordable(case.quantized, SAMPLES, WATCHED_LEAST, WATCHED))
    twins = _twins(case)
    base = Pair(quantized=case.quantized, reference=case.reference)
    after = Pair(quantized=subject.repaired, reference=subject.followed)
    was = watch(case, base, samples, twins)
    same = subject.repaired.sha256 == case.quantized.sha256
    now = was if same else watch(case, after, samples, twins)
    costs = _costs(case)
    layers = tuple(
        _layer(subject, layer, was, now, costs.get(layer.number)) for layer in case.quantized.layers
    )
    shown = _activations(subject, was, now)
    worst = sorted(shown, key=lambda a: np.inf if a.sqnr_after is None else a.sqnr_after)[:MOST]
    kept = {activation.tensor for activation in worst}
    return Measured(
        samples=samples.count,
        layers=layers,
        activations=tuple(a for a in shown if a.tensor in kept),
        in_all=len(shown),
        why_not="",
    )


def _why_not(case: Case) -> str:
    if case.float_model is None:
        return "there is no float model to compare layers and activations with"
    models = (case.float_model, case.quantized)
    if not all(runs(model, case.profile) for model in models):
        return "mendlite's own kernels, which show layers and activations, do not run the models"
    return ""


def _twins(case: Case) -> dict[int, int]:
    """The float model's tensor of each activation and of each layer's output."""
    model = case.quantized
    twins = {
        tensor: twin
        for tensor, twin in pair_tensors(case.reference, model).items()
        if is_integer(model, tensor) and not _repeats(model, tensor)
    }
    return {**{p.quantized.output: p.reference.output for p in case.pairs}, **twins}


def _repeats(model: Model, tensor: int) -> bool:
    producer = model.producer(tensor)
    return producer is not None and producer.op in SAME_VALUES


def _costs(case: Case) -> dict[int, float]:
    """By layer, the loss of the float model with that layer's int8 weights alone."""
    pairs = [pair for pair in case.pairs if _has_float_twin(case, pair)]
    count = affordable(case.quantized, COSTED, FEWEST, COSTS / max(len(pairs), 1))
    evaluator = Evaluator.of(case, case.sets.selection.some(count))
    return {
        pair.quantized.number: evaluator.score(outputs).loss
        for pair, outputs in outputs_layer_by_layer(case, evaluator.samples, pairs)
    }


def _has_float_twin(case: Case, pair: LayerPair) -> bool:
    weights = case.reference.tensors[pair.reference.weights]
    return pair.quantized.frozen is None and weights.dtype.value == "FLOAT32"


def _layer(
    subject: RepairedPair,
    layer: Layer,
    was: Mapping[int, WatchedTensor],
    now: Mapping[int, WatchedTensor],
    cost: float | None,
) -> LayerDetails:
    edits = [e for e in subject.delta.edits if e.tensor in (layer.weights, layer.bias)]
    return LayerDetails(
        position=layer.number,
        operator=layer.index,
        tensor=layer.output,
        name=subject.case.quantized.tensors[layer.output].name,
        op=layer.op,
        sqnr_before=_ratio(was.get(layer.output)),
        sqnr_after=_ratio(now.get(layer.output)),
        cost=None if cost is None else finite(cost),
        values_changed=sum(int(e.index.size) for e in edits),
        bytes_changed=sum(bytes_changed(subject.case.quantized, e) for e in edits),
    )


def _ratio(seen: WatchedTensor | None) -> float | None:
    return None if seen is None else finite(seen.noise.decibel)


def _activations(
    subject: RepairedPair, was: Mapping[int, WatchedTensor], now: Mapping[int, WatchedTensor]
) -> list[ActivationDetails]:
    base = subject.case.quantized
    order = {t: o.index for o in base.operators for t in o.outputs}
    tensors = sorted((t for t in was if is_integer(base, t)), key=lambda t: order.get(t, -1))
    return [
        _activation(subject, tensor, was[tensor], now[tensor], order.get(tensor, -1))
        for tensor in tensors
        if was[tensor].sample.size and now[tensor].sample.size
    ]


def _activation(
    subject: RepairedPair, tensor: int, was: WatchedTensor, now: WatchedTensor, operator: int
) -> ActivationDetails:
    base = subject.case.quantized
    # The same function in other numbers: float32 rounds it otherwise.
    rescaled = was.sample.shape != now.sample.shape or not np.allclose(
        was.sample, now.sample, rtol=1e-3, atol=1e-3 * float(np.abs(was.sample).max(initial=0))
    )
    low, high = min(was.low, now.low), max(was.high, now.high)
    high = high if high > low else low + (abs(low) or 1.0)
    before, after = _range(base, tensor), _range(subject.repaired, tensor)
    return ActivationDetails(
        tensor=tensor,
        operator=operator,
        name=base.tensors[tensor].name,
        op="input" if operator < 0 else base.operators[operator].op,
        low=short(low),
        high=short(high),
        counts=counted(was.sample, low, high, BINS),
        followed=counted(now.sample, low, high, BINS) if rescaled else (),
        range_before=before,
        range_after=after,
        clipped_before=_outside(was, before),
        clipped_after=_outside(now, after),
        sqnr_before=_ratio(was),
        sqnr_after=_ratio(now),
    )


def _range(model: Model, tensor: int) -> tuple[float, float]:
    rounding = rounding_of(model, tensor)
    low, high = (0.0, 0.0) if rounding is None else rounding.range
    return short(low), short(high)


def _outside(seen: WatchedTensor, ends: tuple[float, float]) -> float:
    """The share of values beyond the ends, by more than what rounds to them."""
    half_step = (ends[1] - ends[0]) / 510
    values = seen.sample
    return short(float(np.mean((values < ends[0] - half_step) | (values > ends[1] + half_step))))
