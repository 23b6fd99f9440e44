"""What a move may need of a case, and the reason where a case lacks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, unique

from mendlite.case.tasks import evaluated_tensors
from mendlite.errors import BadInputError
from mendlite.measure.tests_of_samples import tests_of_a_row
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import has_8_bit_ends, has_integer_ends
from mendlite.pairing.verdict import Match
from mendlite.repair.facts import Facts
from mendlite.repair.layer_choice import chosen_layers
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.support import require_own_weights

INTERFACE_OPTIONS = frozenset({"edit_inputs", "edit_outputs"})
"""The options that moves of activation ranges read."""


@unique
class Need(Enum):
    """A property of the case or of the options that a move does not work without."""

    FLOAT_MODEL = "the float model"
    EDITABLE_LAYERS = "a chosen layer that may be edited"
    OWN_WEIGHTS = "integer weights that no other layer shares"
    LAST_DENSE_LAYER = "an int8 dense layer that writes the compared values"
    INTEGER_BIASES = "an int8 or int16 layer with an integer bias"
    RANGES = "activation ranges that may change"
    SCALABLE_ACTIVATIONS = "an activation that may be rescaled"
    MISFIT = "a layer whose weights are not the float model's"

    @property
    def of_the_request(self) -> bool:
        """Whether lacking it is an error of the caller rather than a remark about the file."""
        return self in (Need.FLOAT_MODEL, Need.EDITABLE_LAYERS, Need.OWN_WEIGHTS)

    def lacking(self, facts: Facts) -> str | None:
        """Why ``facts`` lack it; None where they have it. Replays nothing."""
        return LACKING[self](facts)


def last_dense_layer(facts: Facts) -> Layer | None:
    """The dense layer that writes the compared values, if its integers may be edited."""
    model = facts.model
    evaluated = evaluated_tensors(facts.case.task, model)
    for layer in model.layers:
        if (
            evaluated == (layer.output,)
            and _a_row_a_test(facts, layer)
            and layer.op == "FULLY_CONNECTED"
            and layer.frozen is None
            and layer.bias_frozen is None
            and has_8_bit_ends(model, layer)
            and not dead_channels(model, layer).any()
        ):
            return layer
    return None


def _a_row_a_test(facts: Facts, layer: Layer) -> bool:
    """Whether each row that the layer writes is what one test, or a frame of one, compares."""
    rows = facts.model.tensors[layer.output].elements // layer.channels
    return rows == tests_of_a_row(facts.case.task)


def has_integer_bias(model: Model, layer: Layer) -> bool:
    """Whether a layer with integer activations has a bias of its own that may be edited."""
    whole = layer.bias is not None and layer.bias_frozen is None and layer.frozen is None
    return whole and has_integer_ends(model, layer)


def ranges_may_change(facts: Facts) -> bool:
    """Whether activation ranges may change.

    They lie between layers: they stay where only some layers may be edited.
    """
    scope = facts.options.scope
    return scope.edit_scales and scope.layers is None


def misfit_layers(facts: Facts) -> tuple[int, ...]:
    """Numbers of the layers whose weights are rescaled or another network's."""
    pairing = facts.case.pairing
    if pairing is None:
        return ()
    return tuple(layer.number for layer in pairing.of(Match.RESCALED, Match.OTHER))


def _no_editable_layers(facts: Facts) -> str | None:
    if facts.layers:
        return None
    chosen = chosen_layers(facts.model, facts.options.scope.layers)
    frozen = [layer for layer in facts.model.layers if layer.number in chosen and layer.frozen]
    reasons = [f"layer {layer.number} '{layer.name}': {layer.frozen}" for layer in frozen]
    return f"none of the chosen layers may be edited: {'; '.join(reasons)}"


def _no_own_weights(facts: Facts) -> str | None:
    try:
        require_own_weights(facts.model, facts.editable)
    except BadInputError as error:
        return str(error)
    return None


def _no_scalable_activation(facts: Facts) -> str | None:
    if any(group.frozen is None for group in facts.groups):
        return None
    return "no activation may be rescaled"


def _unless(holds: Callable[[Facts], object], reason: str) -> Callable[[Facts], str | None]:
    return lambda facts: None if holds(facts) else reason


LACKING: Mapping[Need, Callable[[Facts], str | None]] = {
    Need.FLOAT_MODEL: _unless(lambda f: f.case.float_model is not None, "needs the float model"),
    Need.EDITABLE_LAYERS: _no_editable_layers,
    Need.OWN_WEIGHTS: _no_own_weights,
    Need.LAST_DENSE_LAYER: _unless(
        last_dense_layer, "the compared values come from no int8 dense layer"
    ),
    Need.INTEGER_BIASES: _unless(
        lambda f: any(has_integer_bias(f.model, layer) for layer in f.editable),
        "no layer has an integer bias to move",
    ),
    Need.RANGES: _unless(
        ranges_may_change, "ranges stay where scales, or only some layers, may be edited"
    ),
    Need.SCALABLE_ACTIVATIONS: _no_scalable_activation,
    Need.MISFIT: _unless(misfit_layers, "every layer's weights are the float model's"),
}
