"""Patches in pieces: a layer-wise repair channel by channel, the most useful bytes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.fake_quant import run_rounded, with_int8_weights
from mendlite.arith.ordered_sums import mean_of, total_of
from mendlite.case.case import Case
from mendlite.case.evaluate import teacher_outputs
from mendlite.model.delta import Field, TensorEdit
from mendlite.model.graph import Layer, Model
from mendlite.repair.moves.layer_by_layer import Layered
from mendlite.repair.settings import Room
from mendlite.replay.reference.slices import slice_size
from mendlite.tflite.diff import diff
from mendlite.tflite.patch_size import bytes_changed, edited_channels
from mendlite.tflite.patched import patched

SLICES, FEWEST, MOST = 8, 32, 256
"""Repair samples on which the layers' sensitivities are measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One channel's edits; ``gain`` is the loss that they are expected to save."""

    edits: tuple[TensorEdit, ...]
    bytes: int
    values: int
    gain: float


def sensitivities(case: Case, layers: Sequence[int]) -> dict[int, float]:
    """Loss that the int8 weights of each layer cost by themselves in the float model.

    Layers whose weights are float in the file cost nothing.
    """
    count = min(max(FEWEST, SLICES * slice_size(case.quantized)), MOST)
    samples = case.sets.repair.some(count)
    reference = teacher_outputs(case, samples)
    found: dict[int, float] = {}
    for pair in case.pairs:
        if pair.quantized.position in layers:
            model = with_int8_weights(case, [pair])
            answers = run_rounded(case, model, samples, {})
            found[pair.quantized.position] = mean_of(case.task.loss(reference, answers))
    return found


def split(base: Model, layered: Layered, costs: Mapping[int, float]) -> list[Unit]:
    """Units of a layer-wise repair of ``base``, the largest expected gain per byte first.

    A layer's cost is shared out among its channels by the squared error that they lose.
    """
    owners = {t: layer for layer in base.layers for t in (layer.weights, layer.bias)}
    pieces: dict[tuple[int, int], list[TensorEdit]] = {}
    for edit in diff(base, layered.model).edits:
        owner = owners.get(edit.tensor)
        if owner is None or edit.field is not Field.DATA:
            raise ValueError("only weights and biases come in channels")
        for channel, part in _by_channel(base, owner, edit):
            pieces.setdefault((owner.position, channel), []).append(part)
    units = [
        Unit(
            edits=tuple(parts),
            bytes=sum(bytes_changed(part) for part in parts),
            values=sum(part.index.size for part in parts),
            gain=_share(layered.gains[position], channel) * costs.get(position, 0.0),
        )
        for (position, channel), parts in pieces.items()
    ]
    return sorted(units, key=lambda unit: -unit.gain / max(unit.bytes, 1))


def _share(gains: NDArray[np.float64], channel: int) -> float:
    total = total_of(gains)
    return float(gains[channel]) / total if total > 0 else 0.0


def _by_channel(model: Model, layer: Layer, edit: TensorEdit) -> list[tuple[int, TensorEdit]]:
    channels = edited_channels(model, layer, edit)
    found: list[tuple[int, TensorEdit]] = []
    for channel in np.unique(channels):
        mine = channels == channel
        part = TensorEdit(
            tensor=edit.tensor,
            field=edit.field,
            index=edit.index[mine],
            old=edit.old[mine],
            new=edit.new[mine],
        )
        found.append((int(channel), part))
    return found


def first_units(units: Sequence[Unit], room: Room) -> list[Unit]:
    """As many of the units as fit, in their order; one that does not fit is passed over."""
    chosen: list[Unit] = []
    used_bytes = used_values = 0
    for unit in units:
        if room.holds(used_bytes + unit.bytes, used_values + unit.values):
            chosen.append(unit)
            used_bytes, used_values = used_bytes + unit.bytes, used_values + unit.values
    return chosen


def apply_units(base: Model, units: Sequence[Unit]) -> Model:
    """The base with these units; edits of one tensor are joined."""
    joined: dict[int, list[TensorEdit]] = {}
    for unit in units:
        for edit in unit.edits:
            joined.setdefault(edit.tensor, []).append(edit)
    return patched(base, [_join(parts) for _, parts in sorted(joined.items())])


def _join(parts: list[TensorEdit]) -> TensorEdit:
    index = np.concatenate([part.index for part in parts])
    order = np.argsort(index)
    return TensorEdit(
        tensor=parts[0].tensor,
        field=parts[0].field,
        index=index[order],
        old=np.concatenate([part.old for part in parts])[order],
        new=np.concatenate([part.new for part in parts])[order],
    )
