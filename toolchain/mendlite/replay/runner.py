"""What every runner offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

Values = dict[int, NDArray[Any]]
"""Stored values (not dequantized) of tensors by their index, each (n * rows, ...)."""


class Runner(Protocol):
    """One model on one set of kernels."""

    @property
    def kernels(self) -> str:
        """What computes, for reports: runner, version, resolver or rounding profile."""

    def run(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Iterator[Values]:
        """Replay ``inputs``, one array (n, *sample_shape) per model input in its own dtype.

        Yields the values of ``tensors`` slice by slice, in the samples' order and side by side
        along the tensor's first axis (``model.rows``); no more than a slice of activations is held
        at a time. Raises BadInputError where the inputs do not fit the model,
        UnsupportedModelError where these kernels cannot run it.
        """
