"""Write a layer at other weight scales, in the channels that then come nearer to their targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.row_sums import squares_of
from mendlite.algorithms.weight_scales import Rescaled
from mendlite.arith.ordered_sums import ordered_sum
from mendlite.claims.squares import check_squares
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_system import LayerRepair
from mendlite.model.layer_values import (
    bias_of,
    is_wide,
    steps_from_zero,
    stored_weights,
    weight_scale,
)
from mendlite.repair.layers.round_weights import edit_scales
from mendlite.repair.layers.system_builder import Built, read_layer
from mendlite.tflite.dead import DEAD_SCALE
from mendlite.tflite.edits import data_edit
from mendlite.tflite.fields import SCALE_TYPE
from mendlite.tflite.patched import patched

Channels = NDArray[np.bool_]


class BuildAt(Protocol):
    """The layer's system in another file of the same prefix; the rows are an earlier one's."""

    def __call__(self, *, model: Model, earlier: Built) -> Built:
        """As ``system_builder.build``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtPresent:
    """A layer's system at the present scales and its repair there, which the file holds."""

    built: Built
    repair: LayerRepair

    @property
    def error(self) -> NDArray[np.float64]:
        """Mean square errors f64[C] in real units."""
        return self.built.real(self.repair.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class RescaledLayer:
    """The model with the layer at other scales; ``gains`` f64[C] are mean squares that it saves."""

    model: Model
    gains: NDArray[np.float64]


def rescale(
    model: Model, layer: Layer, present: AtPresent, to: Rescaled, at: BuildAt
) -> RescaledLayer:
    """The layer at the scales of ``to`` in the channels whose error falls, as the file rounds them.

    What is claimed of them has been checked; raises ClaimError where it does not hold.
    """
    old = present.error
    shared = not model.tensors[layer.weights].quantization().per_channel
    chosen = _may(model, layer, present.built, to)
    while chosen.any():
        written = patched(model, _edits(model, layer, present.built, to, chosen))
        built = at(model=written, earlier=present.built)
        after = squares_of(built.system)
        new = built.real(after)
        better = chosen & _falls(new, old, shared=shared)
        if np.array_equal(better, chosen):
            _check(written, layer, present, to, _Rewritten(built=built, after=after, chosen=chosen))
            return RescaledLayer(model=written, gains=np.where(chosen, old - new, 0.0))
        chosen = better
    return RescaledLayer(model=model, gains=np.zeros(layer.channels))


def _falls(new: NDArray[np.float64], old: NDArray[np.float64], *, shared: bool) -> Channels:
    """Channels whose error falls; with one scale for all, all or none by the sum."""
    if shared:
        return np.full(len(old), bool(ordered_sum(new) < ordered_sum(old)))
    falls: Channels = new < old
    return falls


def _scales(model: Model, layer: Layer, to: Rescaled) -> NDArray[np.float64]:
    """The new weight scales f64[C] as the file holds them."""
    return (weight_scale(model, layer) * to.factors).astype(SCALE_TYPE).astype(np.float64)


def _may(model: Model, layer: Layer, built: Built, to: Rescaled) -> Channels:
    """Channels that change, to a scale that a file can hold and that does not count as dead."""
    scales = _scales(model, layer, to)
    fits: Channels = (scales >= 2 * DEAD_SCALE) & np.isfinite(scales) & built.system.editable
    stored = steps_from_zero(model, layer)
    # The search may have found other integers for the present scale, too.
    changes: Channels = fits & ((to.factors != 1.0) | np.any(to.weights != stored, axis=1))
    return changes


def _edits(model: Model, layer: Layer, built: Built, to: Rescaled, chosen: Channels) -> list[Any]:
    """Scales, weights and biases of the ``chosen`` channels."""
    scales = np.where(chosen, _scales(model, layer, to), weight_scale(model, layer))
    weights = np.where(chosen[:, None], to.weights, steps_from_zero(model, layer))
    edits = [
        data_edit(model, layer.weights, stored_weights(model, layer, weights)),
        *edit_scales(model, layer, scales),
    ]
    bias = bias_of(model, layer)
    if layer.bias is not None and bias is not None:
        new = _bias(bias, built, to, scales * built.row_unit)
        if is_wide(model, layer):
            new = np.rint(
                _real_bias(built, to, scales) / (scales * model.tensors[layer.input].scale)
            )
        edits.append(data_edit(model, layer.bias, np.where(chosen, new, bias).astype(bias.dtype)))
    return edits


def _real_bias(built: Built, to: Rescaled, scales: NDArray[np.float64]) -> NDArray[np.float64]:
    """The real bias f64[C] of a layer with int16 activations at other weight ``scales``."""
    steps = np.zeros_like(scales) if to.bias is None else to.bias
    real: NDArray[np.float64] = built.system.fixed_bias * built.unit
    return real + steps * scales * built.row_unit


def _bias(
    stored: NDArray[Any], built: Built, to: Rescaled, unit: NDArray[np.float64]
) -> NDArray[Any]:
    """The bias [C] at the new scales: steps of the accumulator, or a float32 one's real value."""
    if to.bias is None:
        return stored
    if stored.dtype != np.float32:
        return to.bias
    real: NDArray[np.float64] = built.system.fixed_bias * built.unit + to.bias * unit
    return real


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rewritten:
    """The rewritten layer's system, its errors i64[C], and the channels that were rescaled."""

    built: Built
    after: NDArray[np.int64]
    chosen: Channels


def _check(
    written: Model, layer: Layer, present: AtPresent, to: Rescaled, rewritten: _Rewritten
) -> None:
    """Check the rescaled channels: their integers, their errors, and that those are lower."""
    built, chosen = rewritten.built, rewritten.chosen
    ratio = present.built.unit / built.unit
    bits = built.system.fraction_bits - present.built.system.fraction_bits
    before = np.ceil(np.square(np.ldexp(ratio, bits)) * present.repair.after)
    # With one scale for all it is the sum that is lower: a channel may lose.
    shared = not written.tensors[layer.weights].quantization().per_channel
    before = np.maximum(before, rewritten.after + 1) if shared else before
    system = built.system
    claimed = LayerRepair(
        weights=np.where(chosen[:, None], to.weights, system.weights),
        bias=system.bias,
        before=before.astype(np.int64),
        after=rewritten.after,
    )
    file_layer = read_layer(written, layer, built.unit)
    place = f"layer {layer.number} '{layer.name}' at other scales"
    check_squares(system, file_layer, claimed, place=place, rescaled=chosen)
