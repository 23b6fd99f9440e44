"""One file on mendlite's kernels and on one other runtime, tensor by tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus_check.draw import draw_inputs
from corpus_check.record import WRONG, Comparison, Outcome
from mendlite.errors import MendliteError
from mendlite.model.graph import Model
from mendlite.model.rounding import KernelProfile
from mendlite.replay.collect import collect
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.operators.remote import RemoteOperator, RuntimeRefusedError
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runner import Values
from mendlite.replay.runtimes import Runtime
from mendlite.replay.worker_process import DiedError
from mendlite.tflite.one_operator import OneOperator

LEAVES_OUT = frozenset({"CUSTOM:SignalEnergy"})
"""Operators that write a range of their output alone (``energy.cc``); SLICE takes that range."""

ARENA = 2**28
"""Bytes that TFLite Micro may use for a file that mendlite did not read."""


def opens(data: bytes, runtime: Runtime) -> str:
    """Why a runtime does not open a file; empty where it opens it."""
    file = OneOperator(data=data, inputs=(), outputs=())
    try:
        RemoteOperator(runtime=runtime, file=file, arena=ARENA).open()
    except (RuntimeRefusedError, DiedError) as error:
        return str(error)
    return ""


def compared(model: Model, runtime: Runtime, samples: int, seed: int) -> Comparison:
    """The comparison on random inputs; where one of both takes none below 0, on others."""
    found = _compared(model, runtime, samples, seed, positive=False)
    if found.outcome in (Outcome.EXACT, *WRONG):
        return found
    again = _compared(model, runtime, samples, seed, positive=True)
    return again if again.outcome in (Outcome.EXACT, *WRONG) else found


def _compared(
    model: Model, runtime: Runtime, samples: int, seed: int, *, positive: bool
) -> Comparison:
    try:
        ours: Values | str = _replayed(model, runtime.profile, samples, seed, positive=positive)
    except MendliteError as error:
        ours = str(error)
    except Exception as error:  # noqa: BLE001 - whatever escapes is the finding
        said = f"{type(error).__name__}: {error}"
        return Comparison(runtime=runtime.name, outcome=Outcome.FAILED, reason=said)
    tensors = model.outputs if isinstance(ours, str) else tuple(ours)
    theirs = _of_runtime(model, runtime, tensors, samples, seed, positive=positive)
    if isinstance(ours, str):
        outcome = Outcome.REFUSED if isinstance(theirs, str) else Outcome.LACKING
        return Comparison(runtime=runtime.name, outcome=outcome, reason=ours)
    if isinstance(theirs, str):
        return Comparison(runtime=runtime.name, outcome=Outcome.ALONE, reason=theirs)
    return _difference(runtime.name, ours, theirs)


def _of_runtime(
    model: Model,
    runtime: Runtime,
    tensors: tuple[int, ...],
    samples: int,
    seed: int,
    *,
    positive: bool,
) -> Values | str:
    """The runtime's values, or why it has none."""
    try:
        inputs = draw_inputs(model, samples, seed, positive=positive)
        return collect(IsolatedRunner(model=model, runtime=runtime), inputs, tensors)
    except MendliteError as error:
        return str(error)


def _replayed(
    model: Model, profile: KernelProfile, samples: int, seed: int, *, positive: bool
) -> Values:
    """All tensors that depend on the samples, on mendlite's kernels."""
    batched = prepare(model, profile).batched
    inputs = draw_inputs(model, samples, seed, positive=positive)
    unwritten = _unwritten(model)
    tensors = [t for o in model.operators for t in o.outputs if t in batched - unwritten]
    return collect(ReferenceRunner(model=model, profile=profile), inputs, tensors)


def _unwritten(model: Model) -> set[int]:
    """Tensors in which a runtime leaves what lay in memory before: nothing there to compare."""
    found: set[int] = set()
    for operator in model.operators:
        cast = operator.op == "CAST" and operator.inputs[0] in found
        if cast or operator.op in LEAVES_OUT:
            found |= set(operator.outputs)
    return found


def _difference(runtime: str, ours: Values, theirs: Values) -> Comparison:
    integers = floats = 0
    distance = 0.0
    for tensor, values in ours.items():
        if values.dtype.kind == "f":
            floats += 1
            distance = max(distance, _distance(values, theirs[tensor]))
            continue
        integers += 1
        if values.shape != theirs[tensor].shape or values.tobytes() != theirs[tensor].tobytes():
            reason = f"tensor {tensor}: {_first(values, theirs[tensor])}"
            return Comparison(runtime=runtime, outcome=Outcome.DIFFERS, reason=reason)
    return Comparison(
        runtime=runtime,
        outcome=Outcome.EXACT,
        integers=integers,
        floats=floats,
        distance=distance,
    )


def _distance(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """The largest distance in parts of the largest value; what is equal or not finite counts 0."""
    if ours.shape != theirs.shape:
        return float("inf")
    good = np.isfinite(ours) & np.isfinite(theirs)
    apart = np.abs(ours[good].astype(np.float64) - theirs[good].astype(np.float64))
    largest = float(np.abs(theirs[good]).max(initial=0.0))
    return float(apart.max(initial=0.0)) / largest if largest else 0.0


def _first(ours: NDArray[Any], theirs: NDArray[Any]) -> str:
    if ours.shape != theirs.shape:
        return f"shape {list(ours.shape)}, not {list(theirs.shape)}"
    wrong = np.flatnonzero(ours.reshape(-1) != theirs.reshape(-1))
    if not wrong.size:
        return f"type {ours.dtype}, not {theirs.dtype}"
    at = int(wrong[0])
    values = f"{ours.reshape(-1)[at]}, not {theirs.reshape(-1)[at]}"
    return f"{wrong.size} of {ours.size} values differ, value {at} is {values}"
