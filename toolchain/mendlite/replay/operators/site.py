"""An operator of a model that an interpreter runs alone: its file, and what a run takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.model.graph import Model, Operator
from mendlite.model.operator_kinds import CUSTOM, OWN_STATE
from mendlite.prepare.memory import stored_bytes, work
from mendlite.replay.tflm import ARENA_SPARE, MOST_ARENA
from mendlite.tflite.one_operator import OneOperator, one_operator

SLOWEST = 1e5
"""Values or products a second below which a runtime is taken to hang."""

ARENA_FOLD = 8
"""Scratch memory of TFLite Micro's kernels, in sizes of the operator's tensors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSite:
    """An operator of a model: what is known of its tensors, and which depend on the samples."""

    model: Model
    operator: Operator
    known: Mapping[int, NDArray[Any]]
    batched: Collection[int]

    @property
    def place(self) -> str:
        """The operator for an error's text."""
        return f"operator {self.operator.index} {self.operator.op}"

    def cut(self, samples: int = 1) -> OneOperator:
        """The operator alone, for so many samples at once."""
        return one_operator(self.model, self.operator, self.known, samples, self.batched)

    def bytes(self) -> int:
        """Bytes of the tensors that a sample's run reads and writes."""
        tensors = {*self.operator.inputs, *self.operator.outputs} - {-1}
        return sum(stored_bytes(self.model.tensors[t]) for t in tensors)

    def arena(self, samples: int) -> int:
        """Bytes that TFLite Micro may use for it."""
        return min(MOST_ARENA, ARENA_SPARE + ARENA_FOLD * samples * self.bytes())

    def seconds(self) -> float:
        """Seconds after which a sample's run is taken to hang."""
        return (work(self.model, self.operator) + self.bytes()) / SLOWEST

    @property
    def may_batch(self) -> bool:
        """Whether many samples may be tried at once: all that depends on them has one row each."""
        ends = [*self.operator.inputs, *self.operator.outputs]
        shapes = [self.model.tensors[t].shape for t in ends if t in self.batched]
        still = self.operator.op in OWN_STATE or self.operator.op.startswith(CUSTOM)
        return not still and all(shape[:1] == (1,) for shape in shapes)

    @property
    def resets(self) -> int:
        """Frames of a recording, before which variables are reset; 0 where there are none."""
        return self.model.frames if self.operator.op in OWN_STATE else 0

    def zeros(self, file: OneOperator) -> tuple[NDArray[Any], ...]:
        """Inputs of one sample that are all 0, in the file's types and shapes."""
        zeros = []
        for index in file.inputs:
            tensor = self.model.tensors[index]
            integer = tensor.dtype.numpy is not None and tensor.dtype.numpy.kind in "iu"
            zero = tensor.zero_point if tensor.quant is not None and integer else 0
            zeros.append(np.full(tensor.shape, zero, tensor.dtype.numpy))
        return tuple(zeros)
