"""Which kinds of values a move may edit, and which kinds and layers edits are of."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, unique

from mendlite.model.delta import Field, TensorEdit
from mendlite.model.graph import Model
from mendlite.model.recurrent import lstms
from mendlite.model.repair_options import EditScope
from mendlite.model.svdf import svdfs
from mendlite.tflite.fields import find_field


@unique
class Edit(Enum):
    """A kind of value in the file."""

    WEIGHTS = "weights"
    BIASES = "biases"
    """A layer's biases, and their scales, which follow weights and ranges."""
    WEIGHT_SCALES = "weight scales"
    RANGES = "activation ranges"
    """Scales and zero-points of activations inside the graph, and variables' first values."""
    INPUTS = "parameters of the graph's inputs"
    OUTPUTS = "parameters of the graph's outputs"
    OTHER = "constants that are no layer's"


SCALES = frozenset({Edit.WEIGHT_SCALES, Edit.RANGES, Edit.INPUTS, Edit.OUTPUTS})
"""What the option ``edit_scales`` is about."""


def forbidden(scope: EditScope) -> frozenset[Edit]:
    """What no move may edit under these options, whatever it declares."""
    if not scope.edit_scales:
        return SCALES
    kept = {Edit.INPUTS: scope.edit_inputs, Edit.OUTPUTS: scope.edit_outputs}
    return frozenset(kind for kind, may in kept.items() if not may)


def kinds_of_edits(base: Model, edits: Sequence[TensorEdit]) -> frozenset[Edit]:
    """The kinds of values that ``edits`` of ``base`` change.

    An edit counts as one of the graph's inputs or outputs wherever the edited bytes lie: an inner
    tensor's vector may be an output's, too.
    """
    ends = {Edit.INPUTS: _vectors(base, base.inputs), Edit.OUTPUTS: _vectors(base, base.outputs)}
    recurrent, framewise = lstms(base), svdfs(base)
    weights = {layer.weights for layer in base.layers}
    weights |= {t for lstm in recurrent for t in (*lstm.weights, *lstm.recurrent)}
    weights |= {t for svdf in framewise for t in (svdf.features, svdf.time)}
    biases = {layer.bias for layer in base.layers if layer.bias is not None}
    biases |= {t for lstm in recurrent for t in lstm.biases}
    biases |= {svdf.bias for svdf in framewise if svdf.bias is not None}
    firsts = {variable.initial for variable in base.variables}
    scales = set(_block_scales(base))
    own = {
        Edit.WEIGHT_SCALES if edit.tensor in scales else _kind(base, weights, biases, firsts, edit)
        for edit in edits
    }
    moved = {find_field(base, e.tensor, e.field).offset for e in edits if e.field is not Field.DATA}
    return frozenset(own | {kind for kind, vectors in ends.items() if moved & vectors})


def _vectors(model: Model, tensors: Sequence[int]) -> set[int | None]:
    """Where the scales and zero-points of ``tensors`` lie in the file."""
    quants = [model.tensors[t].quant for t in tensors]
    return {at for q in quants if q for at in (q.scale_offset, q.zero_point_offset)} - {None}


def edited_layers(base: Model, edits: Sequence[TensorEdit]) -> frozenset[int]:
    """Numbers of the layers whose weights, block scales or biases ``edits`` of ``base`` change."""
    owners = {t: layer.number for layer in base.layers for t in (layer.weights, layer.bias)}
    owners |= _block_scales(base)
    return frozenset(owners[edit.tensor] for edit in edits if edit.tensor in owners)


def _block_scales(base: Model) -> dict[int | None, int]:
    """The layer, by number, of each tensor that holds the scales of its blocks."""
    each = ((layer, base.tensors[layer.weights].blocks) for layer in base.layers)
    return {blocks.tensor: layer.number for layer, blocks in each if blocks is not None}


def _kind(
    base: Model, weights: set[int], biases: set[int], firsts: set[int], edit: TensorEdit
) -> Edit:
    if edit.tensor in biases:
        return Edit.BIASES
    if edit.tensor in weights:
        return Edit.WEIGHTS if edit.field is Field.DATA else Edit.WEIGHT_SCALES
    if edit.field is Field.DATA:
        return Edit.RANGES if edit.tensor in firsts else Edit.OTHER
    if edit.tensor in base.inputs:
        return Edit.INPUTS
    return Edit.OUTPUTS if edit.tensor in base.outputs else Edit.RANGES
