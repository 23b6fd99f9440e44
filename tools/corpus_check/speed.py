"""Samples a second of each operator, on mendlite's kernel and on the interpreter's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus_check.draw import draw_inputs
from corpus_check.record import Speed
from mendlite.model.graph import Model
from mendlite.model.operator_kinds import STATEFUL
from mendlite.model.rows import side_by_side
from mendlite.prepare.memory import work
from mendlite.replay.operators.site import OperatorSite
from mendlite.replay.reference.execute import PreparedModel, prepare, run_operator, run_operators
from mendlite.replay.reference.slices import slice_size
from mendlite.replay.runner import Values
from mendlite.replay.runtimes import MODULES, Runtime

OF_A_KIND = 2
"""Operators of one kind that are timed in a file: those with the most work."""

ROUNDS, INVOKED, MOST_BYTES = 5, 8, 2**28


def speeds(model: Model, runtime: Runtime, seed: int) -> tuple[Speed, ...]:
    """Each kind of operator that mendlite's kernels run, a slice of samples against one by one.

    The inputs are not below 0: every operator takes those.
    """
    program = prepare(replace(model, frames=1), runtime.profile)
    samples = min(slice_size(model), max(1, MOST_BYTES // max(1, program.prepared.bytes)))
    drawn = draw_inputs(model, samples, seed, positive=True)
    values: dict[int, NDArray[Any]] = {
        t: side_by_side(model.tensors[t], x) for t, x in zip(model.inputs, drawn, strict=True)
    }
    every = {t for operator in model.operators for t in (*operator.inputs, *operator.outputs)}
    run_operators(program, values, range(len(model.operators)), every)
    rates: dict[str, list[tuple[float, float]]] = {}
    for index in _timed(program):
        ours = _rate(partial(run_operator, program, index, values), samples)
        theirs = _interpreted(program, index, runtime, values, samples)
        if theirs:
            rates.setdefault(model.operators[index].op, []).append((ours, theirs))
    return tuple(
        Speed(op=op, ours=median(o for o, _ in found), theirs=median(t for _, t in found))
        for op, found in rates.items()
    )


def _timed(program: PreparedModel) -> Iterator[int]:
    """The operators that are timed: those that depend on the samples, and not an interpreter's."""
    kinds: dict[str, list[int]] = {}
    for operator in program.model.operators:
        if (
            set(operator.outputs) & program.batched
            and operator.index not in program.prepared.interpreted
            and operator.op not in STATEFUL
        ):
            kinds.setdefault(operator.op, []).append(operator.index)
    for found in kinds.values():
        operators = program.model.operators
        yield from sorted(found, key=lambda i: -work(program.model, operators[i]))[:OF_A_KIND]


def _rate(run: Callable[[], object], samples: int) -> float:
    """Samples a second, the best of some rounds; the first is not counted."""
    run()
    seconds = []
    for _ in range(ROUNDS):
        start = perf_counter()
        run()
        seconds.append(perf_counter() - start)
    return samples / max(min(seconds), 1e-9)


def _interpreted(
    program: PreparedModel, index: int, runtime: Runtime, values: Values, samples: int
) -> float:
    """The interpreter's rate on the same operator alone; 0 where it does not take it."""
    model = program.model
    site = OperatorSite(
        model=model,
        operator=model.operators[index],
        known=program.prepared.known,
        batched=program.batched,
    )
    file = site.cut()
    module = import_module(f"{MODULES[runtime.name]}.interpreter")
    try:
        interpreter = module.Interpreter(
            model_content=file.data,
            experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF,
            num_threads=1,
        )
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError):
        return 0.0
    rows = [_rows(model, t, values[t], samples, program.batched) for t in file.inputs]
    places = [one["index"] for one in interpreter.get_input_details()]
    outputs = [one["index"] for one in interpreter.get_output_details()]
    count = min(samples, INVOKED)

    def run() -> None:
        for sample in range(count):
            for place, x in zip(places, rows, strict=True):
                interpreter.set_tensor(place, x[sample % len(x)])
            interpreter.invoke()
            for output in outputs:
                interpreter.get_tensor(output)

    return _rate(run, count)


def _rows(
    model: Model, tensor: int, values: NDArray[Any], samples: int, batched: frozenset[int]
) -> Sequence[NDArray[Any]]:
    """One sample's values after the other, in the file's shape."""
    shape = model.tensors[tensor].shape
    parts = np.split(values, samples) if tensor in batched else [values]
    return [np.ascontiguousarray(part).reshape(shape) for part in parts]
