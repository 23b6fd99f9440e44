"""Variables of a model: values that it keeps from one frame of a recording to the next."""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = 0
"""Frames a recording of a model with variables whose samples are not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable; all its tensors have one shape and type.

    ``name`` is that of the file. ``initial`` is the constant that the first frame of a recording
    reads, a tensor of the initialising subgraph. ``handles`` are the tensors that stand for the
    variable, ``reads`` those that READ_VARIABLE writes and ``writes`` those that ASSIGN_VARIABLE
    stores, of the main subgraph and in execution order.
    """

    name: str
    initial: int
    handles: tuple[int, ...]
    reads: tuple[int, ...]
    writes: tuple[int, ...]

    @property
    def tensors(self) -> tuple[int, ...]:
        """The tensors that hold its values, rising."""
        return tuple(sorted({self.initial, *self.reads, *self.writes}))
