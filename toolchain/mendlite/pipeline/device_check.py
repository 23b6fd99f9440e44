"""Host against board, byte by byte: whether they differ, from which tensor on, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.device_report import DeviceReport, ModelComparison, OperatorDifference, Verdict
from mendlite.model.graph import Model, Operator
from mendlite.model.rounding import Profile
from mendlite.pipeline.case import Case
from mendlite.replay.collect import collect
from mendlite.replay.reference.execute import prepare, run_operator
from mendlite.replay.registry import make_runner
from mendlite.replay.runner import Values

TRACED = 8
"""Differing samples whose every tensor is read from the board."""


def check_device(case: Case, models: Mapping[str, Model]) -> DeviceReport:
    """Compare each model's outputs on the board with the host's on the validation samples.

    ``models`` are by the name that the report gives them. The board has run these samples before
    where it was the judge: then nothing is run again.
    """
    kernels = case.judging(case.quantized).kernels
    inputs = case.quantized_inputs(case.sets.validation)
    compared = tuple(_compare(case, name, model, inputs) for name, model in models.items())
    return DeviceReport(
        device=kernels,
        host=make_runner("reference", case.quantized, case.profile).kernels,
        samples=case.sets.validation.count,
        models=compared,
    )


def _compare(
    case: Case, name: str, model: Model, inputs: Sequence[NDArray[Any]]
) -> ModelComparison:
    outputs = list(model.outputs)
    board = collect(case.judging(model), inputs, outputs)
    differ = _differing(board, _host(model, case.profile, inputs, outputs))
    if not differ.size:
        return ModelComparison(
            name=name, sha256=model.sha256, verdict=Verdict.IDENTICAL, differing=0
        )
    looks_like = _profile_of(model, inputs, outputs, board)
    some = [x[differ[:TRACED]] for x in inputs]
    place = _first_difference(case, model, some)
    return ModelComparison(
        name=name,
        sha256=model.sha256,
        verdict=Verdict.KERNEL if looks_like is None else Verdict.ROUNDING,
        differing=int(differ.size),
        looks_like="" if looks_like is None else looks_like.value,
        first=place,
    )


def _host(
    model: Model, profile: Profile, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]
) -> Values:
    return collect(make_runner("reference", model, profile), inputs, tensors)


def _differing(board: Values, host: Values) -> NDArray[np.intp]:
    """Samples of which any byte differs."""
    found = np.zeros(len(next(iter(board.values()))), np.bool_)
    for tensor, values in board.items():
        found |= np.any((values != host[tensor]).reshape(len(values), -1), axis=1)
    return np.flatnonzero(found)


def _profile_of(
    model: Model, inputs: Sequence[NDArray[Any]], outputs: Sequence[int], board: Values
) -> Profile | None:
    """The rounding profile under which the host gives the board's very bytes; None: none does."""
    for profile in Profile:
        if not _differing(board, _host(model, profile, inputs, outputs)).size:
            return profile
    return None


def _first_difference(
    case: Case, model: Model, inputs: Sequence[NDArray[Any]]
) -> OperatorDifference | None:
    """The first operator that gives other bytes than the host's kernel on the board's own inputs.

    So what an earlier operator did wrong is not held against a later one. None where the board's
    engine shows no intermediate tensors.
    """
    if not case.boards[0].shows_tensors:
        return None
    program = prepare(model, case.profile)
    shown = [o.outputs[0] for o in model.operators if o.outputs[0] in program.batched]
    values: dict[int, NDArray[Any]] = dict(zip(model.inputs, inputs, strict=True))
    values |= collect(case.judging(model), inputs, shown)
    for operator in model.operators:
        found = run_operator(program, operator.index, values)[operator.outputs[0]]
        # A shape that depends on no sample has the host's many samples in it, not the board's.
        board = values.setdefault(operator.outputs[0], found)
        if not np.array_equal(found, board):
            return _difference(model, operator, board, found)
    return None


def _difference(
    model: Model, operator: Operator, board: NDArray[Any], host: NDArray[Any]
) -> OperatorDifference:
    tensor = model.tensors[operator.outputs[0]]
    apart = board.astype(np.int64) - host.astype(np.int64)
    return OperatorDifference(
        operator=operator.index,
        op=operator.op,
        tensor=tensor.index,
        name=tensor.name,
        values=int(np.count_nonzero(apart)),
        of=int(apart.size),
        largest=int(np.abs(apart).max(initial=0)),
    )
