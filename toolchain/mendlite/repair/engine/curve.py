"""The curve of failing tests against bytes changed, of what the steps computed anyway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.measure.score import Score
from mendlite.model.graph import Model
from mendlite.model.repair_options import PatchBudget
from mendlite.model.report import CurvePoint
from mendlite.repair.engine.patch_units import apply_units, first_units, patch_units
from mendlite.repair.engine.state import Accepted
from mendlite.repair.engine.statistics import Statistics
from mendlite.repair.layers.layerwise import LayeredRepair
from mendlite.tflite.patch_size import spent

POINTS = (16, 64, 256, 1024, 4096, 16384, 65536)
"""Bytes at which the curve is measured."""

STEPS = "steps"
"""The kind of the points behind accepted steps, the last one's left out."""

SAMPLES = 500
"""Selection samples that smaller patches are measured on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One model on the curve: how much it changes, and what made it.

    ``score`` is its score on all selection samples, where it is known.
    """

    bytes: int
    edits: int
    kind: str
    model: Model
    score: Score | None = None


def measure_curve(
    case: Case,
    layered: Mapping[str, LayeredRepair],
    path: Sequence[Accepted],
    statistics: Statistics,
) -> tuple[CurvePoint, ...]:
    """Failing tests of the selection samples against bytes changed, by rising bytes.

    ``path`` are the base and the model behind each accepted step, the repair last. ``layered`` are
    repairs of the base by layers: their patches of single channels with the most use a byte are
    replayed, and with them the path, on SAMPLES of the samples. Without any nothing is replayed:
    the path's own scores are the curve.
    """
    base = case.quantized
    first, *steps, last = path
    patches = [
        _patch(base, "", first),
        *(_patch(base, STEPS, step) for step in steps),
        _patch(base, "repair", last),
    ]
    if layered:
        total = patches[-1].bytes
        samples = case.sets.selection.some(SAMPLES)
        evaluator = Evaluator(
            case=case, samples=samples, teacher=statistics.teacher_outputs(case, samples)
        )
        costs = statistics.layer_costs(
            case, sorted({p for one in layered.values() for p in one.gains})
        )
        for name, one in layered.items():
            patches += _smaller(base, name, one, costs, total)
        patches = [_measured(evaluator, patch) for patch in patches]
    points = [_point(patch, patch.score) for patch in patches if patch.score is not None]
    return tuple(sorted(points, key=lambda p: (p.bytes, p.kind == "repair", p.kind)))


def _patch(base: Model, kind: str, step: Accepted) -> Patch:
    count_bytes, values = spent(base, step.model)
    return Patch(bytes=count_bytes, edits=values, kind=kind, model=step.model, score=step.score)


def _smaller(
    base: Model, name: str, layered: LayeredRepair, costs: Mapping[int, float], total: int
) -> Iterator[Patch]:
    """Patches of one layer-wise repair that change fewer bytes than ``total``."""
    units = patch_units(base, layered, costs)
    for limit in POINTS:
        if limit < total:
            chosen = first_units(units, PatchBudget(bytes=limit))
            yield Patch(
                bytes=sum(unit.bytes for unit in chosen),
                edits=sum(unit.values for unit in chosen),
                kind=name,
                model=apply_units(base, chosen),
            )
        if limit >= sum(unit.bytes for unit in units):
            break


def _measured(evaluator: Evaluator, patch: Patch) -> Patch:
    return replace(patch, score=evaluator.score(evaluator.outputs(patch.model)))


def _point(patch: Patch, score: Score) -> CurvePoint:
    return CurvePoint(
        bytes=patch.bytes,
        edits=patch.edits,
        kind=patch.kind,
        samples=score.samples,
        failing=score.failing,
        loss=score.loss,
    )
