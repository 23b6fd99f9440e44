"""Moves that repair layer after layer, each from the already repaired prefix."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from mendlite.model.graph import Layer, Model
from mendlite.pipeline.aims import find_aim
from mendlite.pipeline.case import Case
from mendlite.pipeline.frontier import Frontier
from mendlite.pipeline.systems import build, edits, read_layer
from mendlite.pipeline.wanted import wanted_outputs
from mendlite.repair.bias import correct_bias
from mendlite.repair.check_squares import check_squares
from mendlite.repair.least_squares import LeastSquaresOptions, least_squares
from mendlite.repair.system import LayerRepair, LayerSystem
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.slices import slice_size
from mendlite.tflite.patched import patched

Move = Callable[[LayerSystem], LayerRepair]


def bias_move(system: LayerSystem) -> LayerRepair:
    """Bias correction; a layer without an editable bias stays as it is."""
    if system.bias is None:
        still = np.zeros(system.weights.shape[0], np.int64)
        return LayerRepair(weights=system.weights, bias=None, before=still, after=still)
    return correct_bias(system)


def least_squares_move(options: LeastSquaresOptions) -> Move:
    """Integer least squares with these options."""

    def move(system: LayerSystem) -> LayerRepair:
        return least_squares(system, options)

    return move


def layerwise(case: Case, model: Model, layers: Sequence[int], move: Move, name: str) -> Model:
    """Apply ``move`` to the layers (by position), front to back, on the repair samples.

    Every claim about the model that comes back has been checked; raises ClaimError where one
    does not hold.
    """
    pairs = [p for p in case.pairs if p.quantized.position in layers]
    samples = case.sets.repair
    frontier = Frontier(model, case.quantized_inputs(samples), slice_size(model))
    program = prepare(model, case.profile)
    aims = [find_aim(model, case.reference, pair) for pair in pairs]
    for done, (pair, wanted) in enumerate(wanted_outputs(case, samples, pairs, aims)):
        layer = pair.quantized
        frontier.advance(program, layer.index)
        # Outside this block BLAS may use every core: its sums there are exact integers.
        with threadpool_limits(1):
            built = build(
                model=model,
                reference=case.reference,
                pair=pair,
                activations=frontier.value(layer.input),
                addend=None if wanted.aim.addend is None else frontier.value(wanted.aim.addend),
                wanted=wanted,
            )
            repair = move(built.system)
            found, repair = edits(model, layer, built, repair)
        if found:
            model = patched(model, found)
            program = prepare(model, case.profile)
            place = f"layer {layer.position} '{layer.name}'"
            check_squares(built.system, read_layer(model, layer, built.unit), repair, place=place)
        case.progress(name, done + 1, len(pairs))
    return model


def repairable(model: Model, chosen: Sequence[int]) -> tuple[list[Layer], list[str]]:
    """The chosen layers that may be edited, and a note for each that may not."""
    layers = [layer for layer in model.layers if layer.position in chosen]
    notes = [
        f"layer {layer.position} '{layer.name}' was left alone: {layer.frozen}"
        for layer in layers
        if layer.frozen is not None
    ]
    return [layer for layer in layers if layer.frozen is None], notes
