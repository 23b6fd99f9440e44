"""Which kinds of values a move may edit, and which kinds and layers edits are of."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, unique

from mendlite.model.delta import Field, TensorEdit
from mendlite.model.graph import Model


@unique
class Edit(Enum):
    """A kind of value in the file."""

    WEIGHTS = "weights"
    BIASES = "biases"
    """A layer's biases, and their scales, which follow weights and ranges."""
    WEIGHT_SCALES = "weight scales"
    RANGES = "activation ranges"
    """Scales and zero-points of activations inside the graph."""
    INPUTS_AND_OUTPUTS = "scales of the graph's inputs and outputs"
    OTHER = "constants that are no layer's"


SCALES = frozenset({Edit.WEIGHT_SCALES, Edit.RANGES, Edit.INPUTS_AND_OUTPUTS})
"""What the option ``edit_scales`` is about."""


def kinds_of_edits(base: Model, edits: Sequence[TensorEdit]) -> frozenset[Edit]:
    """The kinds of values that ``edits`` of ``base`` change."""
    weights = {layer.weights for layer in base.layers}
    biases = {layer.bias for layer in base.layers if layer.bias is not None}
    return frozenset(_kind(base, weights, biases, edit) for edit in edits)


def edited_layers(base: Model, edits: Sequence[TensorEdit]) -> frozenset[int]:
    """Numbers of the layers whose weights or biases ``edits`` of ``base`` change."""
    owners = {t: layer.number for layer in base.layers for t in (layer.weights, layer.bias)}
    return frozenset(owners[edit.tensor] for edit in edits if edit.tensor in owners)


def _kind(base: Model, weights: set[int], biases: set[int], edit: TensorEdit) -> Edit:
    if edit.tensor in biases:
        return Edit.BIASES
    if edit.tensor in weights:
        return Edit.WEIGHTS if edit.field is Field.DATA else Edit.WEIGHT_SCALES
    if edit.field is Field.DATA:
        return Edit.OTHER
    outside = edit.tensor in (*base.inputs, *base.outputs)
    return Edit.INPUTS_AND_OUTPUTS if outside else Edit.RANGES
