"""Moves that repair layer after layer, each from the already repaired prefix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mendlite.algorithms.adaround import AdaRoundOptions, adaround
from mendlite.algorithms.bias import correct_bias
from mendlite.algorithms.gpfq import gpfq
from mendlite.algorithms.least_squares import LeastSquaresOptions, least_squares
from mendlite.algorithms.lower_bound import lower_bound
from mendlite.case.case import Case
from mendlite.claims.squares import check_squares
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.model.report import LayerSquares
from mendlite.repair.layers.float_targets import wanted_outputs
from mendlite.repair.layers.layer_inputs import repair_activations
from mendlite.repair.layers.residual_target import find_aim
from mendlite.repair.layers.system_builder import Built, build, edits, read_layer
from mendlite.tflite.patched import patched


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A repair of one layer's system, its name, and a lower bound of the error it leaves."""

    name: str
    solve: Callable[[LayerSystem], LayerRepair]
    bound: Callable[[LayerSystem], NDArray[np.float64]] | None = None


def _solve_bias(system: LayerSystem) -> LayerRepair:
    """Bias correction; a layer without an editable bias stays as it is."""
    if system.bias is None:
        still = np.zeros(system.weights.shape[0], np.int64)
        return LayerRepair(weights=system.weights, bias=None, before=still, after=still)
    return correct_bias(system)


BIAS = Move(name="bias", solve=_solve_bias)


def least_squares_move(options: LeastSquaresOptions) -> Move:
    """Integer least squares with these options."""
    return Move(
        name="least-squares",
        solve=lambda system: least_squares(system, options),
        bound=lambda system: lower_bound(system, options),
    )


GPFQ = Move(name="gpfq", solve=gpfq)


def adaround_move(seed: int) -> Move:
    """Learned rounding; the seed draws its batches."""
    return Move(name="adaround", solve=lambda system: adaround(system, AdaRoundOptions(seed=seed)))


Channels = Mapping[int, NDArray[np.bool_]]
"""Output channels bool[C] that may be edited, by the layer's position; all of a layer not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layered:
    """A repaired model; ``gains`` are by position the mean square errors f64[C] that it saves.

    ``squares`` says what was reached and what could be, where that was asked for.
    """

    model: Model
    gains: Mapping[int, NDArray[np.float64]]
    squares: tuple[LayerSquares, ...] = ()


def layerwise(
    case: Case,
    model: Model,
    layers: Sequence[int],
    move: Move,
    channels: Channels | None = None,
    *,
    bounds: bool = False,
) -> Layered:
    """Apply ``move`` to the layers (by position), front to back, on the repair samples.

    With ``bounds`` the move's lower bounds are computed, too.

    Every claim about the model that comes back has been checked; raises ClaimError where one
    does not hold.
    """
    pairs = [p for p in case.pairs if p.quantized.position in layers]
    samples = case.sets.repair
    activations = repair_activations(case, model)
    aims = [find_aim(model, case.reference, pair) for pair in pairs]
    gains: dict[int, NDArray[np.float64]] = {}
    squares: list[LayerSquares] = []
    for done, (pair, wanted) in enumerate(wanted_outputs(case, samples, pairs, aims)):
        layer = pair.quantized
        addend = wanted.aim.addend
        wanted_here = [layer.input] if addend is None else [layer.input, addend]
        values = activations.before(model, layer.index, wanted_here)
        # Outside this block BLAS may use every core: its sums there are exact integers.
        with threadpool_limits(1):
            built = build(
                model=model,
                reference=case.reference,
                pair=pair,
                activations=values[layer.input],
                addend=None if addend is None else values[addend],
                wanted=wanted,
            )
            built = _within(built, (channels or {}).get(layer.position))
            repair = move.solve(built.system)
            found, repair = edits(model, layer, built, repair)
        if found:
            model = patched(model, found)
            place = f"layer {layer.position} '{layer.name}'"
            check_squares(built.system, read_layer(model, layer, built.unit), repair, place=place)
        gains[layer.position] = _real(built, repair.before - repair.after)
        if bounds and move.bound is not None:
            squares.append(_squares(layer, built, repair, move.bound(built.system)))
        case.progress(move.name, done + 1, len(pairs))
    return Layered(model=model, gains=gains, squares=tuple(squares))


def _within(built: Built, channels: NDArray[np.bool_] | None) -> Built:
    """The system with no channels but these to edit."""
    if channels is None:
        return built
    editable = built.system.editable & channels
    return replace(built, system=replace(built.system, editable=editable))


def _real(built: Built, error: NDArray[np.generic]) -> NDArray[np.float64]:
    """Sums of squares f64[C] in target units as mean squares in real units."""
    unit = built.unit / (1 << built.system.fraction_bits)
    mean: NDArray[np.float64] = np.square(unit) / max(len(built.system.rows), 1)
    return mean * error.astype(np.float64)


def _squares(
    layer: Layer, built: Built, repair: LayerRepair, bound: NDArray[np.float64]
) -> LayerSquares:
    """What least squares reached on one layer, and what no integers can go below."""
    reached, least = float(repair.after.sum()), float(np.minimum(bound, repair.after).sum())
    return LayerSquares(
        position=layer.position,
        name=layer.name,
        before=tuple(_real(built, repair.before).tolist()),
        after=tuple(_real(built, repair.after).tolist()),
        bound=tuple(_real(built, bound).tolist()),
        gap=(reached - least) / reached if reached > 0 else 0.0,
    )


def repairable(model: Model, chosen: Sequence[int]) -> tuple[list[Layer], list[str]]:
    """The chosen layers that may be edited, and a note for each that may not."""
    layers = [layer for layer in model.layers if layer.position in chosen]
    notes = [
        f"layer {layer.position} '{layer.name}' was left alone: {layer.frozen}"
        for layer in layers
        if layer.frozen is not None
    ]
    return [layer for layer in layers if layer.frozen is None], notes
