"""Least squares of SVDFs: first their features, then their units over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mendlite.algorithms.least_squares import LeastSquaresOptions, least_squares
from mendlite.algorithms.row_sums import squares_of
from mendlite.claims.squares import check_squares
from mendlite.model.graph import Model
from mendlite.model.layer_system import LayerSystem
from mendlite.model.rows import rows_of
from mendlite.model.svdf import Svdf, hybrid_svdfs, integer_svdfs, svdfs
from mendlite.model.tensor import DType
from mendlite.pairing.tensors import pair_operators
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.facts import Facts
from mendlite.repair.layers.float_targets import DEPTHWISE_ROWS, draw_rows
from mendlite.repair.layers.lstm_squares import total_error
from mendlite.repair.layers.svdf_systems import Features, HybridFeatures, HybridUnits, Units
from mendlite.repair.layers.system_builder import float_rows
from mendlite.replay.collect import collect
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.svdf import float_svdf, integer_svdf, recordings
from mendlite.tflite.patched import patched

FINER = 2**8
"""Steps of an int16 weight in one of an int8 weight: it may move by as many more."""


def svdf_pairs(facts: Facts) -> Iterator[tuple[Svdf, Svdf]]:
    """SVDFs of the float model and of the quantized one that mendlite's kernels run."""
    if facts.case.float_model is None:
        return
    reference = facts.case.reference
    quantized = (*integer_svdfs(facts.model), *hybrid_svdfs(facts.model))
    own = {svdf.operator.index: svdf for svdf in quantized}
    real = {
        svdf.operator.index: svdf
        for svdf in svdfs(reference)
        if {reference.tensors[t].dtype for t in (svdf.input, *svdf.constants)} == {DType.FLOAT32}
    }
    if not own or not real:
        return
    lacking = [prepare(m, facts.case.profile).prepared for m in (reference, facts.model)]
    for first, second in pair_operators(reference, facts.model):
        if first.index not in real or second.index not in own:
            continue
        one, two = real[first.index], own[second.index]
        runs = first.index not in lacking[0].interpreted
        runs = runs and second.index not in lacking[1].interpreted
        if runs and _same_shapes(reference, facts.model, one, two):
            yield one, two


def _same_shapes(reference: Model, model: Model, real: Svdf, own: Svdf) -> bool:
    """Whether both have the same filters, memory and rank."""
    shapes = [
        [of.tensors[t].shape for t in (one.features, one.time)]
        for of, one in ((reference, real), (model, own))
    ]
    return shapes[0] == shapes[1] and real.rank == own.rank


@dataclass(frozen=True, slots=True, kw_only=True)
class _Targets:
    """What the float model computes on the repair samples, and its weights.

    ``features`` f64[n, T, filters], ``outputs`` f64[n, T, units].
    """

    features: NDArray[np.float64]
    outputs: NDArray[np.float64]
    feature_weights: NDArray[np.float64]
    time_weights: NDArray[np.float64]


def solved_svdf(
    context: RepairContext, model: Model, reference: Svdf, svdf: Svdf, options: LeastSquaresOptions
) -> tuple[Model, float]:
    """The model with this SVDF solved, and the share of its units' squared error that is left."""
    wanted, inputs = _targets(context, reference), _frames(context, model, svdf)
    before = _error(*_units(context, model, svdf, inputs, wanted))
    model = _solved(*_features(context, model, svdf, inputs, wanted), options)
    if model.tensors[svdf.time].dtype is DType.INT16:
        options = replace(options, delta_limit=options.delta_limit * FINER)
    model = _solved(*_units(context, model, svdf, inputs, wanted), options)
    after = _error(*_units(context, model, svdf, inputs, wanted))
    return model, after / before if before else 1.0


def _features(
    context: RepairContext, model: Model, svdf: Svdf, inputs: NDArray[Any], wanted: _Targets
) -> tuple[Features, LayerSystem]:
    """The system of the features."""
    width = inputs.shape[-1]
    frames = inputs.reshape(-1, width)
    drawn = draw_rows(len(frames), width, context.seed)
    part, rows = _feature_rows(model, svdf, frames[drawn])
    values = wanted.features.reshape(len(frames), -1)[drawn]
    return part, part.system(rows, values, wanted.feature_weights)


def _feature_rows(
    model: Model, svdf: Svdf, frames: NDArray[Any]
) -> tuple[Features, NDArray[np.int16]]:
    """The features' part, and its rows i16[S, K] of frames [S, K]."""
    source = model.tensors[svdf.input]
    if source.dtype is DType.FLOAT32:
        rows, unit = float_rows(frames)
        return HybridFeatures(model=model, svdf=svdf, row_unit=unit), rows
    rows = frames.astype(np.int16) - np.int16(source.zero_point)
    return Features(model=model, svdf=svdf), rows


def _units(
    context: RepairContext, model: Model, svdf: Svdf, inputs: NDArray[Any], wanted: _Targets
) -> tuple[Units, LayerSystem]:
    """The system of the units, behind the features of the model as it is."""
    part, features = _unit_features(context, model, svdf, inputs)
    available = features.shape[0] * features.shape[1]
    drawn = draw_rows(available, 1, context.seed, DEPTHWISE_ROWS)
    values = wanted.outputs.reshape(available, -1)[drawn]
    return part, part.system(part.rows(features, drawn), values, wanted.time_weights)


def _unit_features(
    context: RepairContext, model: Model, svdf: Svdf, inputs: NDArray[Any]
) -> tuple[Units, NDArray[Any]]:
    """The units' part, and integer features [n, T, filters] of inputs [n, T, K]."""
    view = prepare(model, context.case.profile).context(svdf.operator.index)
    if model.tensors[svdf.input].dtype is not DType.FLOAT32:
        return Units(model=model, svdf=svdf), integer_svdf(view).stored(inputs)
    kernel = float_svdf(view)
    features, unit = float_rows(kernel.stored(inputs))
    return HybridUnits(model=model, svdf=svdf, row_unit=unit, bounds=kernel.bounds), features


def _solved(part: Features | Units, system: LayerSystem, options: LeastSquaresOptions) -> Model:
    """The model with the part's weights solved, written, and their claim checked."""
    # Outside this block BLAS may use every core: its sums there are exact integers.
    with threadpool_limits(1):
        repair = least_squares(system, options)
    edits, repair = part.written(system, repair)
    if not edits:
        return part.model
    model = patched(part.model, edits)
    place = f"operator {part.svdf.operator.index} {part.svdf.operator.op}"
    check_squares(system, part.stored(model), repair, place=place)
    return model


def _error(units: Units, system: LayerSystem) -> float:
    """The squared error of the units as they are, in real units."""
    with threadpool_limits(1):
        squares = squares_of(system)
    return total_error(squares, units.unit / (1 << system.fraction_bits))


def _targets(context: RepairContext, reference: Svdf) -> _Targets:
    """Of the repair samples."""
    case, tensors = context.case, context.case.reference.tensors
    runner = case.execution.reference_runner(case.reference)
    values = collect(runner, case.float_inputs(case.sets.repair), [reference.input])
    kernel = float_svdf(prepare(case.reference, case.profile).context(reference.operator.index))
    frames = recordings(values[reference.input], case.reference, rows_of(tensors[reference.input]))
    return _Targets(
        features=kernel.stored(frames),
        outputs=kernel(frames).astype(np.float64),
        feature_weights=tensors[reference.features].constant().astype(np.float64),
        time_weights=tensors[reference.time].constant().astype(np.float64),
    )


def _frames(context: RepairContext, model: Model, svdf: Svdf) -> NDArray[Any]:
    """Inputs i8[n, T, K] of the model as it is."""
    case, tensor = context.case, model.tensors[svdf.input]
    runner = case.execution.replay_runner(model)
    inputs = case.quantized_inputs(case.sets.repair, model)
    values = collect(runner, inputs, [svdf.input])[svdf.input]
    return recordings(values, model, rows_of(tensor))
