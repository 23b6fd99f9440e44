"""Which kinds of values a move may edit, and whether a model differs from another in others."""

from __future__ import annotations

from enum import Enum, unique

from mendlite.model.delta import Field, TensorEdit
from mendlite.model.graph import Model
from mendlite.tflite.diff import diff


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


def kinds_of_edits(base: Model, model: Model) -> frozenset[Edit]:
    """The kinds of values in which ``model`` differs from ``base``."""
    weights = {layer.weights for layer in base.layers}
    biases = {layer.bias for layer in base.layers if layer.bias is not None}
    return frozenset(_kind(base, weights, biases, edit) for edit in diff(base, model).edits)


def edited_layers(base: Model, model: Model) -> frozenset[int]:
    """Numbers of the layers whose weights or biases differ between the two models."""
    owners = {t: layer.number for layer in base.layers for t in (layer.weights, layer.bias)}
    edits = diff(base, model).edits
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
