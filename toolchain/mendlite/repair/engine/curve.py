"""Moves that keep within a number of bytes or values, and the curve of what bytes buy."""

from __future__ import annotations

from collections.abc import Mapping

from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.model.graph import Model
from mendlite.model.report import CurvePoint
from mendlite.repair.engine.accept import Proposal
from mendlite.repair.engine.patch_units import apply_units, first_units, sensitivities, split
from mendlite.repair.moves.layer_by_layer import Layered
from mendlite.repair.settings import Room
from mendlite.tflite.patch_size import spent

POINTS = (16, 64, 256, 1024, 4096, 16384, 65536)
"""Bytes at which the curve is measured."""

SAMPLES = 500
"""Selection samples that the curve is measured on."""


def remaining(room: Room, base: Model, model: Model) -> Room:
    """What is left of ``room`` for a model that has used some of it."""
    used_bytes, used_values = spent(base, model)
    return Room(
        bytes=None if room.bytes is None else room.bytes - used_bytes,
        edits=None if room.edits is None else room.edits - used_values,
    )


def propose_channels(case: Case, model: Model, found: Layered, room: Room) -> Proposal:
    """The channels of a layer-wise repair with the most use a byte, as many as ``room`` holds."""
    units = split(model, found, sensitivities(case, list(found.gains)))
    chosen = first_units(units, room)
    note = f"{len(chosen)} of {len(units)} channels edited, those with the most use a byte"
    return Proposal(model=apply_units(model, chosen), notes=(note,))


def measure_curve(
    case: Case, layered: Mapping[str, Layered], final: Model
) -> tuple[CurvePoint, ...]:
    """Failing tests of the selection samples against bytes changed, by rising bytes.

    From nothing, over patches of single channels with the most use a byte, to the repair.
    """
    evaluator = Evaluator.of(case, case.sets.selection.some(SAMPLES))
    base, points = case.quantized, [(0, 0, "", case.quantized)]
    total, values = spent(base, final)
    costs = sensitivities(case, sorted({p for found in layered.values() for p in found.gains}))
    for name, found in layered.items():
        units = split(base, found, costs)
        for limit in POINTS:
            if limit < total:
                chosen = first_units(units, Room(bytes=limit))
                size, edits = sum(u.bytes for u in chosen), sum(u.values for u in chosen)
                points.append((size, edits, name, apply_units(base, chosen)))
            if limit >= sum(unit.bytes for unit in units):
                break
    points.append((total, values, "repair", final))
    curve: list[CurvePoint] = []
    for size, edits, kind, model in points:
        score = evaluator.score(evaluator.outputs(model))
        point = CurvePoint(
            bytes=size,
            edits=edits,
            kind=kind,
            samples=score.samples,
            failing=score.failing,
            loss=score.loss,
        )
        curve.append(point)
    return tuple(sorted(curve, key=lambda point: (point.bytes, point.kind)))
