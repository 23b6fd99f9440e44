"""The move ``reconstruct``: biases changed one by one, by the whole network's outputs.

The target is the network's output rather than a layer's, so that later layers make
up for what earlier ones cannot (block reconstruction, Li et al. 2021, taken to the end of the
network). Each move is a step of one bias, evaluated in exact integers on all that lies behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import accumulator_unit, bias_limit, weight_scale
from mendlite.model.repair_options import PatchBudget
from mendlite.model.tensor import DType
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.layers.candidate_search import Descent
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need, has_integer_bias
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.edits import data_edit
from mendlite.tflite.patched import patched

CHANNELS = 16
"""Biases of a layer that are tried: those of the channels that are largest behind it."""

STEP = 0.5
"""Share of a step of the layer's 8-bit output that a bias moves by."""

WIDE_STEP = 256 * STEP
"""The same share of its range, in steps of an int16 output."""


def _stepped(model: Model, layer: Layer, channel: int) -> Iterator[Model]:
    """The model with one bias half an output step of 8 bits up, and down."""
    if layer.bias is None:
        return
    stored = model.tensors[layer.bias].constant()
    unit = accumulator_unit(model, layer)
    output = model.tensors[layer.output]
    share = WIDE_STEP if output.dtype is DType.INT16 else STEP
    size = max(1, round(share * output.scale / float(unit[channel])))
    limit = bias_limit(model.tensors[layer.bias].dtype)
    for sign in (1, -1):
        values = stored.astype(np.int64).reshape(-1)
        values[channel] = np.clip(values[channel] + sign * size, -limit, limit)
        yield patched(model, [data_edit(model, layer.bias, values.astype(stored.dtype))])


def _channels(model: Model, layer: Layer) -> list[int]:
    """Live channels by falling real weight: those that say most, first."""
    unit = np.where(dead_channels(model, layer), 0.0, weight_scale(model, layer))
    order = np.argsort(-unit, kind="stable")[:CHANNELS]
    return [int(channel) for channel in order if unit[channel] > 0]


@dataclass(frozen=True)
class BiasSearch(Move):
    """Move single biases, front to back, wherever the network's loss clearly falls."""

    name = "reconstruct"
    needs = frozenset({Need.EDITABLE_LAYERS, Need.OWN_WEIGHTS, Need.INTEGER_BIASES})
    edits = frozenset({Edit.BIASES})
    statistics = frozenset({Statistic.TEACHER_OUTPUTS})
    keeps_budget = True

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:
        """The model with the biases that lower the loss on the repair samples."""
        case, model = context.case, context.model
        layers = [layer for layer in context.editable if has_integer_bias(model, layer)]
        search, moved = Descent(context, budget), 0
        before = search.loss
        for done, layer in enumerate(layers):
            search.advance(layer.index)
            for channel in _channels(model, layer):
                while search.offer(_stepped(search.model, layer, channel)):
                    moved += 1
            case.progress("reconstruct", done + 1, len(layers))
        note = (
            f"reconstruct: {moved} steps of biases, {case.task.loss_name} on the repair samples "
            f"{before:.5g} -> {search.loss:.5g}"
        )
        return Proposal(model=search.model, notes=(note,))
