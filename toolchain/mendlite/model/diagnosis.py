"""What is wrong with a quantized file, in words: the values behind ``diagnosis`` in the JSON.

Field names are part of the public interface (docs/SPEC.md, "The diagnosis").
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

from mendlite.model.cost import Cost


@unique
class Recovery(Enum):
    """Whether a repair can recover what a finding costs, in the file as it is."""

    YES = "yes"
    EDIT_INPUTS = "edit_inputs"
    """Only where the scale of the graph's input may be edited."""
    EDIT_OUTPUTS = "edit_outputs"
    EDIT_BOTH = "edit_inputs and edit_outputs"
    PART = "in part"
    """Some of it: the rest is fixed by operators of the graph."""
    NO = "no"

    @property
    def words(self) -> str:
        """A clause for a reader, with parameters in backticks."""
        return {
            Recovery.YES: "a repair can recover it",
            Recovery.EDIT_INPUTS: "a repair can recover it with `edit_inputs`",
            Recovery.EDIT_OUTPUTS: "a repair can recover it with `edit_outputs`",
            Recovery.EDIT_BOTH: "a repair can recover it with `edit_inputs` and `edit_outputs`",
            Recovery.PART: "a repair can recover part of it",
            Recovery.NO: "no repair in place can recover it",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One finding.

    ``kind`` is one of the registry's, ``where`` names tensor, layer and channel by name and number,
    ``tensors`` and ``layers`` are their numbers in the int8 file. ``sentence`` is what was found,
    with figures. ``cost`` is what it alone causes on the ``samples`` repair samples that were
    examined; None where it cannot be measured (no float model). ``advice`` is what to change in the
    conversion or the set-up, ``page`` the page of the documentation, below docs/.
    """

    kind: str
    where: str
    tensors: tuple[int, ...]
    layers: tuple[int, ...]
    sentence: str
    samples: int
    cost: Cost | None
    recoverable: Recovery
    advice: str
    page: str
