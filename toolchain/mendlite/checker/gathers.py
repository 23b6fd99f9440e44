"""GATHER and GATHER_ND, sample by sample: positions may be constants, or the samples' own."""

from __future__ import annotations

import numpy as np

from mendlite.checker.step import Array, RunningOperator


def run_gather(step: RunningOperator) -> Array:
    """The output; raises UnsupportedModelError for a position outside."""
    values, positions = step.lifted(0), step.lifted(1).astype(np.int64)
    count = max(len(values), len(positions))
    values, positions = (np.broadcast_to(v, (count, *v.shape[1:])) for v in (values, positions))
    made = [_of_one(step, *both) for both in zip(values, positions, strict=True)]
    return step.lowered(np.stack(made))


def _of_one(step: RunningOperator, values: Array, positions: Array) -> Array:
    if step.op.name == "GATHER_ND":
        depth = positions.shape[-1]
        _require_inside(step, positions.reshape(-1, depth), values.shape[:depth])
        return np.asarray(values[tuple(np.moveaxis(positions, -1, 0))])
    axis = int(step.op.option(0, "i")) % values.ndim
    batches = int(step.op.option(1, "i"))
    batches = batches % (positions.ndim + 1) if batches < 0 else batches
    _require_inside(step, positions.reshape(-1, 1), values.shape[axis : axis + 1])
    return _gathered(values, positions, axis, batches)


def _gathered(values: Array, positions: Array, axis: int, batches: int) -> Array:
    if batches == 0:
        return np.take(values, positions, axis)
    pairs = zip(values, positions, strict=True)
    return np.stack([_gathered(v, p, axis - 1, batches - 1) for v, p in pairs])


def _require_inside(step: RunningOperator, rows: Array, extents: tuple[int, ...]) -> None:
    """No runtime defines a position outside."""
    if rows.size and (rows.min() < 0 or np.any(rows.max(axis=0) >= np.array(extents))):
        raise step.unsupported(f"positions outside {list(extents)}")
