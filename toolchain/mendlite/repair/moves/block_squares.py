"""The move ``block-squares``: least squares of weights with a scale for each block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mendlite.algorithms.block_squares import BlockRepair, solve_blocks
from mendlite.arith.ordered_sums import total_of
from mendlite.model.graph import Layer, Model
from mendlite.model.repair_options import PatchBudget
from mendlite.pairing.layers import LayerPair
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.facts import Facts
from mendlite.repair.layer_choice import chosen_layers
from mendlite.repair.layers.block_systems import (
    block_edits,
    block_layers,
    block_system,
    scales_are_own,
)
from mendlite.repair.layers.float_targets import LayerTarget
from mendlite.repair.layers.layer_inputs import repair_activations
from mendlite.repair.layers.residual_target import residual_target
from mendlite.repair.move import Move, Proposal
from mendlite.repair.moves.least_squares import LeastSquares
from mendlite.repair.needs import Need
from mendlite.tflite.patched import patched


@dataclass(frozen=True)
class BlockSquares(Move):
    """Weights, block scales and biases of the chosen layers that have them, front to back."""

    name = "block-squares"
    needs = frozenset({Need.FLOAT_MODEL})
    edits = frozenset({Edit.WEIGHTS, Edit.BIASES, Edit.WEIGHT_SCALES})
    statistics = frozenset({Statistic.LAYER_TARGETS})
    reads = frozenset({"max_delta", "ridge"})

    def why_not(self, facts: Facts) -> str | None:
        """As ``Move``; where no chosen layer has a scale for each block."""
        reason = super().why_not(facts)
        if reason is not None:
            return reason
        return None if solved_layers(facts) else "no chosen layer has a scale for each block"

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002
        """Every such layer solved from the activations of those before it."""
        case, model = context.case, context.model
        numbers = {layer.number for layer in solved_layers(context)}
        pairs = [pair for pair in case.pairs if pair.quantized.number in numbers]
        activations = repair_activations(case, model)
        residuals = [residual_target(model, case.reference, pair) for pair in pairs]
        notes = list[str]()
        targets = context.statistics.layer_targets(case, pairs, residuals)
        for done, (pair, target) in enumerate(targets):
            layer, addend = pair.quantized, target.residual.addend
            read = [layer.input] if addend is None else [layer.input, addend]
            values = activations.before(model, layer.index, read)
            model, repair = _solved(context, model, pair, values, target)
            notes.append(_note(layer, repair))
            case.progress(self.name, done + 1, len(pairs))
        return Proposal(model=model, notes=tuple(notes))


def solved_layers(facts: Facts) -> tuple[Layer, ...]:
    """The chosen layers that have a scale for each block and bytes of their own."""
    chosen = chosen_layers(facts.model, facts.options.scope.layers)
    return tuple(layer for layer in block_layers(facts.model) if layer.number in chosen)


def _solved(
    context: RepairContext,
    model: Model,
    pair: LayerPair,
    values: Mapping[int, NDArray[Any]],
    target: LayerTarget,
) -> tuple[Model, BlockRepair]:
    """The model with one layer solved."""
    layer = pair.quantized
    scales = context.options.scope.edit_scales and scales_are_own(model, layer)
    # Outside this block BLAS may use every core: its sums there are exact integers.
    with threadpool_limits(1):
        system = block_system(model, context.case.reference, pair, values, target)
        repair = solve_blocks(system, LeastSquares().bounds(context), edit_scales=scales)
        edits = block_edits(model, layer, system, repair)
    return (patched(model, edits) if edits else model), repair


def _note(layer: Layer, repair: BlockRepair) -> str:
    before, after = total_of(repair.before), total_of(repair.after)
    left = after / before if before else 1.0
    changed = int(np.count_nonzero(repair.after < repair.before))
    return (
        f"block-squares: layer {layer.number} '{layer.name}': squared error {left:.3g} of what it "
        f"was, {changed} of {layer.channels} channels edited"
    )
