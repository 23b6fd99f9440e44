"""Float operators whose results are moved by what another order of their sums may do.

How far that moves the outputs is how much of a file's results depends on last bits: a layer that
rounds its activations at run time may round one of them to the other side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mendlite.checker.evaluate import FAST, Kernels
from mendlite.checker.floats import EXACT
from mendlite.checker.step import RunningOperator

SHARE = np.float32(2.0**-21)
"""Of an operator's largest value: four units in the last place of a float32."""


def _nudged(kernel: Callable[[RunningOperator], Any]) -> Callable[[RunningOperator], Any]:
    """The kernel with each float value moved at random by up to ``SHARE`` of the largest."""

    def run(step: RunningOperator) -> Any:
        values = kernel(step)
        if isinstance(values, tuple) or values.dtype.kind != "f":
            return values
        generator = np.random.default_rng(step.op.index)
        moved = generator.uniform(-1, 1, values.shape).astype(np.float32)
        return values + moved * (SHARE * np.abs(values).max(initial=0))

    return run


NUDGED: Kernels = {
    name: kernel if name in EXACT else _nudged(kernel) for name, kernel in FAST.items()
}
"""``FAST``, nudged where IEEE 754 does not define the results to the last bit."""
