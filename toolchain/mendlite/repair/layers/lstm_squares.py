"""Least squares of the gates of LSTMs, each step of each sample a row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mendlite.algorithms.least_squares import LeastSquaresOptions, least_squares
from mendlite.arith.lstm import previous
from mendlite.claims.squares import check_squares
from mendlite.model.graph import Model
from mendlite.model.recurrent import Lstm, integer_lstms, lstms
from mendlite.model.tensor import DType
from mendlite.pairing.tensors import pair_operators
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.facts import Facts
from mendlite.repair.layers.float_targets import draw_rows
from mendlite.repair.layers.lstm_systems import (
    GateRows,
    gate_edits,
    gate_system,
    operands,
)
from mendlite.replay.collect import collect
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.recurrent import float_lstm
from mendlite.tflite.patched import patched

PASSES = 2
"""Times that inputs' and recurrent weights are solved, each for what the others have become."""


def lstm_pairs(facts: Facts) -> Iterator[tuple[Lstm, Lstm]]:
    """LSTMs of the float model and of the quantized one."""
    if facts.case.float_model is None:
        return
    reference = facts.case.reference
    own = {lstm.operator.index: lstm for lstm in integer_lstms(facts.model)}
    real = {
        lstm.operator.index: lstm
        for lstm in lstms(reference)
        if {reference.tensors[t].dtype for t in (lstm.input, *lstm.constants)} == {DType.FLOAT32}
    }
    for first, second in pair_operators(reference, facts.model):
        if first.index in real and second.index in own:
            yield real[first.index], own[second.index]


def solved_lstm(
    context: RepairContext, model: Model, reference: Lstm, lstm: Lstm, options: LeastSquaresOptions
) -> tuple[Model, float]:
    """The model with this LSTM solved, and the share of the squared error that is left."""
    sums, real = _float_sums(context, reference), _float_weights(context, reference)
    errors = list[tuple[float, float]]()
    for number in (0, 1) * PASSES:
        drawn = _rows(context, model, lstm, sums)
        model, before, after = _operand_solved(
            model, lstm, number, drawn=drawn, real=real[number], options=options
        )
        errors.append((before, after))
    first, last = errors[0][0], errors[-1][1]
    return model, last / first if first else 1.0


def _operand_solved(
    model: Model,
    lstm: Lstm,
    number: int,
    *,
    drawn: GateRows,
    real: NDArray[np.float64],
    options: LeastSquaresOptions,
) -> tuple[Model, float, float]:
    """The model with the weights of operand ``number`` solved; the squared errors before, after."""
    both, rows = operands(lstm, drawn.units), drawn.rows
    operand, other = both[number], both[1 - number]
    # Outside this block BLAS may use every core: its sums there are exact integers.
    with threadpool_limits(1):
        rest = other.share(model, rows[1 - number])
        system = gate_system(model, operand, rows[number], wanted=drawn.sums, rest=rest, real=real)
        repair = least_squares(system, options)
        edits = gate_edits(model, operand, repair)
    if edits:
        model = patched(model, edits)
        place = f"operator {lstm.operator.index} {lstm.operator.op}"
        check_squares(system, operand.stored(model), repair, place=place)
    unit = operand.unit(model) / (1 << system.fraction_bits)
    return model, total_error(repair.before, unit), total_error(repair.after, unit)


def _float_weights(context: RepairContext, reference: Lstm) -> list[NDArray[np.float64]]:
    """The float model's weights of both operands, all gates one behind the other."""
    tensors = context.case.reference.tensors
    return [
        np.concatenate([tensors[t].constant() for t in each]).astype(np.float64)
        for each in (reference.weights, reference.recurrent)
    ]


def total_error(squares: NDArray[np.int64], unit: NDArray[np.float64]) -> float:
    """The gates' squared errors in real units."""
    return float((squares * np.square(unit)).sum())


def _float_sums(context: RepairContext, reference: Lstm) -> NDArray[np.float64]:
    """The float model's gate sums f64[n * T, 4 * cells] on the repair samples."""
    case = context.case
    runner = case.execution.reference_runner(case.reference)
    values = collect(
        runner, case.float_inputs(case.sets.repair), [reference.input, reference.output]
    )
    program = prepare(case.reference, case.profile)
    kernel = float_lstm(program.context(reference.operator.index))
    sums = kernel.sums(values[reference.input], values[reference.output])
    return sums.reshape(-1, sums.shape[-1])


def _rows(context: RepairContext, model: Model, lstm: Lstm, sums: NDArray[np.float64]) -> GateRows:
    """Rows of the model as it is, drawn where there are many."""
    case = context.case
    values = collect(
        case.execution.replay_runner(model),
        case.quantized_inputs(case.sets.repair, model),
        [lstm.input, lstm.output],
    )
    zero_in, zero_out = (model.tensors[t].zero_point for t in (lstm.input, lstm.output))
    inputs = values[lstm.input].astype(np.int16) - np.int16(zero_in)
    before = previous(values[lstm.output].astype(np.int16) - np.int16(zero_out), 0)
    inputs, before = (x.reshape(-1, x.shape[-1]) for x in (inputs, before))
    drawn = draw_rows(len(sums), inputs.shape[1] + before.shape[1], case.seed)
    return GateRows.of(inputs[drawn], before[drawn], sums[drawn])
