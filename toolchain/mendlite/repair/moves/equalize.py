"""The move ``rebalance``: rescale channels between layers to fit the file's own scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.equalize import channel_factors
from mendlite.case.affordable import affordable
from mendlite.case.case import Case
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import tensor_layout
from mendlite.model.repair_options import PatchBudget
from mendlite.pairing.layers import pair_layers, real_weights
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.layers.channel_noise import follows, live, measure_noise
from mendlite.repair.layers.equalization_groups import EqualizationGroup, equalization_groups
from mendlite.repair.layers.rescaled_replay import RescaledReplay
from mendlite.repair.layers.round_weights import rounded_edits
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need
from mendlite.tflite.patched import patched

MEASURED = 512
"""Repair samples whose channels are measured, fewer of a large network."""

Factors = NDArray[np.float64]


@dataclass(frozen=True)
class Equalize(Move):
    """Rescale the float model's channels between layers and round the touched layers again.

    The proposal's case holds the rescaled float model, which computes what it did: what comes after
    follows that one.
    """

    name = "rebalance"
    needs = frozenset({Need.FLOAT_MODEL, Need.EDITABLE_LAYERS, Need.OWN_WEIGHTS})
    edits = frozenset({Edit.WEIGHTS, Edit.BIASES, Edit.WEIGHT_SCALES})
    statistics = frozenset({Statistic.CHANNELS})

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002
        """The touched layers rounded from the rescaled float model."""
        model, edit_scales = context.model, context.options.scope.edit_scales
        groups = list(equalization_groups(context.case, model, context.layers))
        case, touched = _equalized(context, groups)
        if not touched:
            return Proposal(model=model, notes=("rebalance: no channel gains from another scale",))
        edits = [
            edit
            for pair in case.pairs
            if pair.quantized.number in touched
            for edit in rounded_edits(
                case.reference, model, pair, follow=edit_scales and follows(model, pair.quantized)
            )
        ]
        model = patched(model, edits)
        case = replace(case, pairs=pair_layers(case.reference, model))
        note = f"rebalance: {len(touched)} layers rescaled at {len(groups)} places between them"
        return Proposal(model=model, case=case, notes=(note,))


def _equalized(
    context: RepairContext, groups: Sequence[EqualizationGroup]
) -> tuple[Case, set[int]]:
    """The case with the rescaled float model, and the numbers of the layers that it touches."""
    case, model, touched = context.case, context.model, set[int]()
    statistics = context.statistics
    measured = case.sets.repair.some(affordable(model, MEASURED))
    replay = RescaledReplay(case, measured)
    for done, group in enumerate(groups):
        noise = measure_noise(
            case,
            model,
            group,
            statistics.channels(case, group, replay),
            statistics.clipping(case, model, group, replay),
            edit_scales=context.options.scope.edit_scales,
        )
        factors = np.where(live(model, group), channel_factors(noise), 1.0)
        if np.any(factors != 1.0):
            case = replace(case, float_model=_rescaled(case.reference, group, factors))
            touched |= {p.quantized.number for p in (*group.producers, *group.consumers)}
        case.progress("rebalance", done + 1, len(groups))
    return case, touched


def _rescaled(reference: Model, group: EqualizationGroup, factors: Factors) -> Model:
    """The float model with the producers' channels times ``factors``, the consumers' divided."""
    for pair in group.producers:
        layer = pair.reference
        weights = real_weights(reference, layer) * factors[:, None]
        bias: Factors | None = None
        if layer.bias is not None:
            bias = reference.tensors[layer.bias].constant().reshape(-1).astype(np.float64)
        reference = _with_weights(
            reference, layer, weights, None if bias is None else bias * factors
        )
    for pair in group.consumers:
        layer = pair.reference
        weights = real_weights(reference, layer)
        if layer.op == "DEPTHWISE_CONV_2D":
            weights = weights / factors[:, None]
        else:
            weights = (weights.reshape(-1, factors.size) / factors).reshape(weights.shape)
        reference = _with_weights(reference, layer, weights, None)
    return reference


def _with_weights(model: Model, layer: Layer, weights: Factors, bias: Factors | None) -> Model:
    """The float model with other weights, and another bias where one is given."""
    values = {layer.weights: tensor_layout(model, layer, weights).astype(np.float32)}
    if layer.bias is not None and bias is not None:
        values[layer.bias] = bias.astype(np.float32)
    return model.with_float_constants(values)
