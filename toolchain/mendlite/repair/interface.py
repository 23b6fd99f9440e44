"""Whether the options that free the graph's inputs and outputs fit the case, and what they free."""

from __future__ import annotations

from collections.abc import Iterator

from mendlite.errors import BadInputError
from mendlite.model.interface import Side
from mendlite.reading.limited import shown
from mendlite.repair.facts import Facts
from mendlite.tflite.interface import interface_tensors

OPTIONS = {Side.INPUT: "edit_inputs", Side.OUTPUT: "edit_outputs"}
"""The option that frees the parameters of each side."""


def require_interface(facts: Facts) -> None:
    """Raise BadInputError where an option of the interface contradicts another or the feeding.

    Raw integers are fed as they are: with another input scale they would mean other real values.
    """
    given = _given(facts)
    if not given:
        return
    name, scope = OPTIONS[given[0]], facts.options.scope
    if not scope.edit_scales:
        raise BadInputError(f"`{name}` edits scales, and `edit_scales` is off: no scale may change")
    if scope.layers is not None:
        raise BadInputError(
            f"`{name}` and `layers` exclude each other: ranges stay where only some layers may be "
            "edited"
        )
    if Side.INPUT in given:
        _require_quantized(facts)


def _given(facts: Facts) -> list[Side]:
    may = facts.options.scope.interface
    return [side for side, on in ((Side.INPUT, may.inputs), (Side.OUTPUT, may.outputs)) if on]


def _require_quantized(facts: Facts) -> None:
    model, rules = facts.model, facts.case.recipe.inputs
    for number, (tensor, rule) in enumerate(zip(model.inputs, rules, strict=False)):
        if rule.int8 == "raw" and model.tensors[tensor].quant is not None:
            raise BadInputError(
                f"`edit_inputs` needs samples that are quantized by the model's own scale, but "
                f"input {number} '{shown(model.tensors[tensor].name)}' takes raw integers as they "
                'are (int8 = "raw"): with another scale they would mean other values'
            )


def interface_notes(facts: Facts) -> Iterator[str]:
    """Why an input or output keeps its parameters although its option is set."""
    frozen = {t: group.frozen for group in facts.groups for t in group.tensors}
    for one in interface_tensors(facts.model):
        reason = frozen.get(one.tensor, f"it is {one.dtype}")
        if one.side in _given(facts) and reason is not None:
            yield (
                f"{one.side.value} {one.number} '{shown(one.name)}' keeps its scale and zero-point "
                f"although `{OPTIONS[one.side]}` is set: {reason}"
            )
