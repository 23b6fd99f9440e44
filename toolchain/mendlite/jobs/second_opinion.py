"""The cross-check of every repair: other interpreters run both files, too.

LiteRT or tflite-runtime with reference kernels, and TFLite Micro, whichever are here. Our kernels
follow the profile of each meanwhile, so any difference is a fault of mendlite or of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.affordable import affordable
from mendlite.case.case import Case
from mendlite.case.tasks import evaluated_tensors
from mendlite.errors import DiffersError, UnsupportedModelError
from mendlite.jobs.comparison import (
    FLOAT_ROOM,
    Others,
    compare_operators,
    compare_outputs,
    compared_tensors,
    computes_in_float,
)
from mendlite.model.device_report import BoardVerdict, ModelComparison
from mendlite.model.graph import Model
from mendlite.model.report import RuntimeOpinion, SecondOpinion
from mendlite.model.samples import Samples
from mendlite.replay.isolated import IsolatedRunner
from mendlite.replay.runner import Runner
from mendlite.replay.runtimes import Runtime, how_to_get_one, installed

SAMPLES, FEWEST, SPARE = 64, 8, 2
"""Samples that the others run: at most, at least of a large network, and under a time limit."""

REPLAY, PER_SECOND = 4e9, 2e7
"""Multiplications of all samples that the others run: at most, and for each second of a time
limit. Reference kernels do some 3e8 a second."""

BASE, REPAIRED = "int8", "repaired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One runtime on one file: a comparison on ``samples``, or why there is none."""

    runtime: Runtime
    samples: int
    compared: ModelComparison | None
    refusal: str = ""


def isolated(runtime: Runtime, model: Model) -> Runner:
    """A runtime's reference kernels in a process of their own."""
    return IsolatedRunner(model=model, runtime=runtime)


def others_of(runtime: Runtime) -> Others:
    """A runtime as kernels to compare with."""
    return Others(runner=partial(isolated, runtime), profile=runtime.profile)


def look(case: Case, name: str, model: Model, time_limit: float | None = None) -> tuple[Look, ...]:
    """Every installed runtime on ``model``, side by side; on fewer samples under a time limit.

    Raises DiffersError, with the first operator and tensor, where one computes other bytes.
    """
    runtimes = installed()
    if not runtimes:
        return ()
    case.progress(f"cross-check of the {name} file", 0, len(runtimes))
    inputs = _inputs(case, model, _count(case, time_limit))
    with ThreadPoolExecutor(len(runtimes)) as pool:
        looks = tuple(pool.map(lambda runtime: _look(case, name, model, runtime, inputs), runtimes))
    for seen in looks:
        _require_identical(seen, len(inputs[0]))
    return looks


def _look(
    case: Case, name: str, model: Model, runtime: Runtime, inputs: Sequence[NDArray[Any]]
) -> Look:
    others, count = others_of(runtime), len(inputs[0]) // model.frames
    why_not = runtime.why_not(model)
    if why_not:
        return Look(runtime=runtime, samples=count, compared=None, refusal=why_not)
    try:
        if computes_in_float(model):
            comparison = compare_operators(name, model, others, inputs)
        else:
            evaluated = evaluated_tensors(case.task, model)
            comparison = compare_outputs(name, model, others, inputs, evaluated)
    except UnsupportedModelError as error:
        return Look(runtime=runtime, samples=count, compared=None, refusal=str(error))
    return Look(runtime=runtime, samples=count, compared=comparison)


def _require_identical(seen: Look, samples: int) -> None:
    comparison = seen.compared
    if comparison is None or comparison.verdict is BoardVerdict.IDENTICAL:
        return
    raise DiffersError(
        f"{seen.runtime.kernels} and our kernels ({seen.runtime.profile.value}) differ on "
        f"{comparison.differing} of {samples} samples of the {comparison.name} file: "
        f"{comparison.text}{comparison.place}; nothing was written"
    )


def _inputs(case: Case, model: Model, left: int) -> list[NDArray[Any]]:
    """Inputs of ``left`` samples that the others run: held-out first, spread over each set."""
    sets, parts = case.sets, []
    for samples in (sets.validation, sets.selection, sets.repair):
        chosen = _spread(samples, left)
        if chosen.count:
            parts.append(case.quantized_inputs(chosen, model))
        left -= chosen.count
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


def _spread(samples: Samples, count: int) -> Samples:
    """At most ``count`` samples, evenly spaced."""
    rows = np.linspace(0, samples.count - 1, min(count, samples.count)).astype(np.int64)
    return samples.take(np.unique(rows))


def conclude(
    case: Case, model: Model, base: tuple[Look, ...], repaired: tuple[Look, ...]
) -> SecondOpinion:
    """What was found on the base and on the repaired file, ``model``, for the report.

    Raises DiffersError where a runtime ran the base and refuses the repaired file.
    """
    for before, after in zip(base, repaired, strict=True):
        if before.compared is not None and after.compared is None:
            raise DiffersError(
                f"{before.runtime.kernels} runs the base file and not the repaired one: "
                f"{after.refusal}; nothing was written"
            )
    opinions = tuple(_opinion(case, model, seen) for seen in repaired)
    confirmed = any(seen.compared is not None for seen in repaired)
    return SecondOpinion(
        confirmed=confirmed, summary="; ".join(_sentences(repaired)), runtimes=opinions
    )


def _opinion(case: Case, model: Model, seen: Look) -> RuntimeOpinion:
    floats = computes_in_float(model)
    evaluated = evaluated_tensors(case.task, model)
    tensors = compared_tensors(model, seen.runtime.profile) if floats else evaluated
    real = any(model.tensors[t].quant is None for t in tensors)
    ran = seen.compared is not None
    return RuntimeOpinion(
        runtime=seen.runtime.package,
        version=seen.runtime.version,
        profile=seen.runtime.profile.value,
        samples=seen.samples if ran else 0,
        tensors=len(tensors) if ran else 0,
        verdict="identical" if ran else "not run",
        float_room=FLOAT_ROOM if real and ran else None,
        message=seen.refusal,
    )


def _count(case: Case, time_limit: float | None) -> int:
    """How many samples the others run."""
    sets = case.sets
    there = sets.validation.count + sets.selection.count + sets.repair.count
    if time_limit is None:
        return min(there, affordable(case.quantized, SAMPLES, FEWEST, REPLAY))
    least = min(REPLAY, PER_SECOND * time_limit)
    return min(there, affordable(case.quantized, SAMPLES, SPARE, least))


def _sentences(looks: tuple[Look, ...]) -> Iterator[str]:
    ran = [seen.runtime.kernels for seen in looks if seen.compared is not None]
    samples = max((seen.samples for seen in looks), default=0)
    if ran:
        verb = "computes" if len(ran) == 1 else "compute"
        names = " and ".join([", ".join(ran[:-1]), ran[-1]] if ran[1:] else ran)
        yield f"{names} {verb} the same bytes on {samples} samples"
    else:
        yield "no other interpreter ran this file"
    yield from (seen.refusal for seen in looks if seen.compared is None)
    if not looks:
        yield how_to_get_one()
