"""GATHER and GATHER_ND: values at positions that a constant states, or the samples."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.prepare.copying import INDEX, Arrays, Copying
from mendlite.prepare.view import Preparation, Shape, described


def _require_inside(view: Preparation, positions: NDArray[Any], extents: Shape) -> None:
    """Raise where a position lies outside: LiteRT refuses it, TFLite Micro reads other memory.

    ``positions`` (..., k) along k axes of these ``extents``.
    """
    flat = positions.reshape(-1, len(extents))
    for axis, extent in enumerate(extents):
        low, high = int(flat[:, axis].min(initial=0)), int(flat[:, axis].max(initial=0))
        if low < 0 or high >= extent:
            raise view.undefined(
                f"its positions, {described(view.input(1))}, reach from {low} to {high}, outside 0 "
                f"to {extent - 1}"
            )


def gather(view: Preparation) -> Copying:
    """GATHER (``gather.cc``): positions along an axis, batch by batch."""
    view.require_count(2)
    source, places = view.input(0).shape, view.input(1).shape
    view.require_type(view.input(1), *INDEX)
    options = view.operator.options
    axis = view.axis(int(options.get("axis", 0)), len(source), "axis")  # type: ignore[arg-type]
    batches = int(options.get("batch_dims", 0))  # type: ignore[arg-type]
    batches = view.axis(batches, len(places) + 1, "number of batches") if batches else 0
    if batches > axis or source[:batches] != places[:batches]:
        raise view.wrong(
            f"shapes {list(source)} and {list(places)} do not fit axis {axis} and {batches} batches"
        )
    known = view.values(1)
    if known is not None:
        _require_inside(view, known, (source[axis],))

    def move(x: Arrays) -> list[NDArray[Any]]:
        values, positions = x
        if known is None:
            _require_inside(view, positions, (source[axis],))
        if not batches and len(positions) == 1:
            return [np.take(values, positions[0], axis=axis + 1)]
        if not axis and len(values) == 1:
            return [np.take(values[0], positions, axis=0)]
        return [_each(values, positions, axis, batches)]

    shape = (*source[:axis], *places[batches:], *source[axis + 1 :])
    return Copying(slots=(0, 1), shapes=(shape,), move=move)


def _each(values: NDArray[Any], positions: NDArray[Any], axis: int, batches: int) -> NDArray[Any]:
    """Both differ from sample to sample, or from batch to batch."""
    samples = max(len(values), len(positions))
    values = np.broadcast_to(values, (samples, *values.shape[1:]))
    positions = np.broadcast_to(positions, (samples, *positions.shape[1:]))
    lead = values.shape[: batches + 1]
    before, after = values.shape[batches + 1 : axis + 1], values.shape[axis + 2 :]
    rows = values.reshape(prod(lead), prod(before), values.shape[axis + 1], prod(after))
    chosen = positions.reshape(prod(lead), -1)
    # The index of the batch and the position stand apart: numpy puts their axes first.
    taken = rows[np.arange(prod(lead))[:, None], :, chosen, :].transpose(0, 2, 1, 3)
    return taken.reshape(*lead, *before, *positions.shape[batches + 1 :], *after)


def gather_nd(view: Preparation) -> Copying:
    """GATHER_ND (``gather_nd.cc``): the parts at positions along the first axes."""
    view.require_count(2)
    source, places = view.input(0).shape, view.input(1).shape
    view.require_type(view.input(1), *INDEX)
    if not places or not 1 <= places[-1] <= len(source):
        raise view.wrong(
            f"positions of shape {list(places)} do not fit an input of shape {list(source)}"
        )
    depth = places[-1]
    known = view.values(1)
    if known is not None:
        _require_inside(view, known, source[:depth])

    def move(x: Arrays) -> list[NDArray[Any]]:
        values, positions = x
        if known is None:
            _require_inside(view, positions, source[:depth])
        samples = max(len(values), len(positions))
        values = np.broadcast_to(values, (samples, *source))
        positions = np.broadcast_to(positions, (samples, *places))
        sample = np.arange(samples).reshape(-1, *(1,) * (len(places) - 1))
        return [values[(sample, *(positions[..., k] for k in range(depth)))]]

    return Copying(slots=(0, 1), shapes=((*places[:-1], *source[depth:]),), move=move)
