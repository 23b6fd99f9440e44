"""Patches in pieces: a layer-wise repair channel by channel, the most useful bytes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.ordered_sums import total_of
from mendlite.model.delta import Field, TensorEdit
from mendlite.model.graph import Layer, Model
from mendlite.model.repair_options import PatchBudget
from mendlite.repair.layers.layerwise import LayeredRepair
from mendlite.tflite.diff import diff
from mendlite.tflite.patch_size import bytes_changed, edited_channels
from mendlite.tflite.patched import patched


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchUnit:
    """One channel's edits; ``gain`` is the loss that they are expected to save."""

    edits: tuple[TensorEdit, ...]
    bytes: int
    values: int
    gain: float


def patch_units(base: Model, layered: LayeredRepair, costs: Mapping[int, float]) -> list[PatchUnit]:
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
            pieces.setdefault((owner.number, channel), []).append(part)
    units = [
        PatchUnit(
            edits=tuple(parts),
            bytes=sum(bytes_changed(base, part) for part in parts),
            values=sum(part.index.size for part in parts),
            gain=_share(layered.gains[layer], channel) * costs.get(layer, 0.0),
        )
        for (layer, channel), parts in pieces.items()
    ]
    return sorted(units, key=lambda unit: -unit.gain / max(unit.bytes, 1))


def _share(gains: NDArray[np.float64], channel: int) -> float:
    total = total_of(gains)
    return float(gains[channel]) / total if total > 0 else 0.0


def _by_channel(model: Model, layer: Layer, edit: TensorEdit) -> list[tuple[int, TensorEdit]]:
    channels = edited_channels(model, layer, edit)
    parts: list[tuple[int, TensorEdit]] = []
    for channel in np.unique(channels):
        mine = channels == channel
        part = TensorEdit(
            tensor=edit.tensor,
            field=edit.field,
            index=edit.index[mine],
            old=edit.old[mine],
            new=edit.new[mine],
        )
        parts.append((int(channel), part))
    return parts


def first_units(units: Sequence[PatchUnit], budget: PatchBudget) -> list[PatchUnit]:
    """As many of the units as fit, in their order; one that does not fit is passed over."""
    chosen: list[PatchUnit] = []
    used_bytes = used_values = 0
    for unit in units:
        if budget.holds(used_bytes + unit.bytes, used_values + unit.values):
            chosen.append(unit)
            used_bytes, used_values = used_bytes + unit.bytes, used_values + unit.values
    return chosen


def apply_units(base: Model, units: Sequence[PatchUnit]) -> Model:
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
