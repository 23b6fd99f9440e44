"""What a kernel is prepared from, and small questions that many kernels ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mendlite.model.operator_kinds import activations_slot
from mendlite.model.operator_view import OperatorView
from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType
from mendlite.prepare.view import Preparation

Arrays = Sequence[NDArray[Any]]
Kernel = Callable[[Arrays], NDArray[Any]]
"""Inputs of one operator in its order (a left-out optional one is an empty array) → output."""

Whole = Callable[[Arrays], tuple[NDArray[Any], ...]]
"""Inputs of one operator in its order, for many samples → all its outputs."""

INTEGER = frozenset({DType.INT8, DType.UINT8})


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(OperatorView):
    """One operator of a model under a rounding profile.

    ``batched`` holds the tensors whose first axis runs over the samples, ``known`` the values that
    follow from static shapes.
    """

    refusal: ClassVar[str] = "the reference kernels do not run it"

    batched: frozenset[int]
    known: Mapping[int, NDArray[Any]]

    @property
    def preparation(self) -> Preparation:
        """The operator as its preparation saw it."""
        return Preparation(
            model=self.model, operator=self.operator, profile=self.profile, known=self.known
        )

    @property
    def source_slot(self) -> int:
        """Which input of a layer holds the activations."""
        return activations_slot(self.operator.op)

    @property
    def desktop(self) -> bool:
        """Whether the desktop's kernels are followed where TFLite Micro computes otherwise."""
        return self.profile is Profile.TFLITE_REF

    @property
    def ratio_type(self) -> type[np.floating[Any]]:
        """The type in which MUL and the RELUs combine scales, see the kernels' sources."""
        return np.float32 if self.desktop else np.float64

    @property
    def in_batch(self) -> bool:
        """Whether the first input's first axis runs over the samples."""
        return self.operator.inputs[0] in self.batched
