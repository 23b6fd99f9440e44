"""Repair layer after layer, each from the activations of the already repaired prefix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mendlite.algorithms.weight_scales import Rescaled
from mendlite.case.case import Case
from mendlite.claims.squares import check_squares
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_system import LayerRepair, LayerSystem
from mendlite.model.report import LayerSquares
from mendlite.pairing.layers import LayerPair
from mendlite.repair.free_pages import free_pages
from mendlite.repair.layers.float_targets import FloatTargets, LayerTarget
from mendlite.repair.layers.layer_inputs import Activations, repair_activations
from mendlite.repair.layers.layer_solver import LayerSolver, ScaleSolver
from mendlite.repair.layers.rescaled_layer import AtPresent, rescale
from mendlite.repair.layers.residual_target import residual_target
from mendlite.repair.layers.system_builder import Built, build, edits, read_layer
from mendlite.tflite.patched import patched
from mendlite.tflite.support import rescalable

Channels = Mapping[int, NDArray[np.bool_]]
"""Output channels bool[C] that may be edited, by the layer's number; all of a layer not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayeredRepair:
    """A repaired model; ``gains`` are by layer number the mean square errors f64[C] that it saves.

    ``squares``: what was reached and what could be, if requested.
    """

    model: Model
    gains: Mapping[int, NDArray[np.float64]]
    squares: tuple[LayerSquares, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTask:
    """What to repair: ``layers`` by number of ``model``, ``channels`` of them where given.

    With ``bounds`` the solver's lower bounds are computed, too.
    """

    case: Case
    model: Model
    layers: Sequence[int]
    channels: Channels | None = None
    bounds: bool = False


def repair_layers(task: LayerTask, solver: LayerSolver, targets: FloatTargets) -> LayeredRepair:
    """Solve the layers front to back on the repair samples; ``targets`` are the float outputs.

    Every claim about the model that comes back has been checked; raises ClaimError where one
    does not hold.
    """
    case, model = task.case, task.model
    pairs = [p for p in case.pairs if p.quantized.number in task.layers]
    activations = repair_activations(case, model)
    residuals = [residual_target(model, case.reference, pair) for pair in pairs]
    gains: dict[int, NDArray[np.float64]] = {}
    squares: list[LayerSquares] = []
    for done, (pair, target) in enumerate(targets(case, pairs, residuals)):
        solved = _solve(replace(task, model=model), solver, pair, target, activations)
        model, layer = solved.model, pair.quantized
        gains[layer.number] = solved.gains
        bound = solver.bound(solved.built.system) if task.bounds else None
        if bound is not None:
            squares.append(_squares(layer, solved.built, solved.repair, bound))
        case.progress(solver.name, done + 1, len(pairs))
        free_pages(case)
    return LayeredRepair(model=model, gains=gains, squares=tuple(squares))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solved:
    """A model after one layer was solved, and the layer's system and repair at its old scales.

    ``gains`` f64[C] are the mean square errors that it saves, those of other scales included.
    """

    model: Model
    built: Built
    repair: LayerRepair
    gains: NDArray[np.float64]


def _solve(
    task: LayerTask,
    solver: LayerSolver,
    pair: LayerPair,
    target: LayerTarget,
    activations: Activations,
) -> _Solved:
    """Solve one layer from the repaired prefix in the task's model; check what is claimed."""
    model, layer, addend = task.model, pair.quantized, target.residual.addend
    read = [layer.input] if addend is None else [layer.input, addend]
    values = activations.before(model, layer.index, read)
    task.case.checkpoint()
    at = partial(
        build,
        reference=task.case.reference,
        pair=pair,
        activations=values[layer.input],
        addend=None if addend is None else values[addend],
        target=target,
    )
    # Outside this block BLAS may use every core: its sums there are exact integers.
    with threadpool_limits(1):
        built = _within(at(model=model), (task.channels or {}).get(layer.number))
        repair, to = _repair(model, layer, solver, built.system)
        changed, repair = edits(model, layer, built, repair)
    if changed:
        model = patched(model, changed)
        place = f"layer {layer.number} '{layer.name}'"
        check_squares(built.system, read_layer(model, layer, built.unit), repair, place=place)
    gains = built.real(repair.before - repair.after)
    if to is not None:
        with threadpool_limits(1):
            rescaled = rescale(model, layer, AtPresent(built=built, repair=repair), to, at)
        model, gains = rescaled.model, gains + rescaled.gains
    return _Solved(model=model, built=built, repair=repair, gains=gains)


def _repair(
    model: Model, layer: Layer, solver: LayerSolver, system: LayerSystem
) -> tuple[LayerRepair, Rescaled | None]:
    """The solver's repair, and one at other scales where it searches them and they may change."""
    if not isinstance(solver, ScaleSolver) or not rescalable(model, layer):
        return solver.solve(system), None
    shared = not model.tensors[layer.weights].quantization().per_channel
    if shared and not system.editable.all():
        return solver.solve(system), None
    return solver.solve_with_scales(system, shared=shared)


def _within(built: Built, channels: NDArray[np.bool_] | None) -> Built:
    """The system with no channels but these to edit."""
    if channels is None:
        return built
    editable = built.system.editable & channels
    return replace(built, system=replace(built.system, editable=editable))


def _squares(
    layer: Layer, built: Built, repair: LayerRepair, bound: NDArray[np.float64]
) -> LayerSquares:
    """What least squares reached on one layer, and what no integers can go below."""
    reached, least = float(repair.after.sum()), float(np.minimum(bound, repair.after).sum())
    return LayerSquares(
        position=layer.number,
        name=layer.name,
        before=tuple(built.real(repair.before).tolist()),
        after=tuple(built.real(repair.after).tolist()),
        bound=tuple(built.real(bound).tolist()),
        gap=(reached - least) / reached if reached > 0 else 0.0,
    )
