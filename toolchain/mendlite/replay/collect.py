"""A whole replay at once, for what is small enough to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.replay.runner import Runner, Values


def collect(runner: Runner, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Values:
    """The values (n, ...) of ``tensors`` for all samples."""
    slices = list(runner.run(inputs, tensors))
    return {t: np.concatenate([values[t] for values in slices]) for t in tensors}
