"""A whole replay at once, for what is small enough to keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.replay.runner import Runner, Values


def collect(runner: Runner, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Values:
    """The values (n, ...) of ``tensors`` for all samples."""
    return joined(runner.run(inputs, tensors), tensors)


def joined(slices: Iterable[Values], tensors: Iterable[int]) -> Values:
    """The values (n, ...) of ``tensors`` from the slices of a replay, at least one."""
    held = list(slices)
    return {t: np.concatenate([values[t] for values in held]) for t in tensors}
