"""What an operator's backward function is: slopes of its output to slopes of its inputs.

Slopes of activations are by their real values. Slopes of weights and biases are by one step of the
stored number (by the real value of a float32 bias).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from mendlite.arith.slopes import Slopes

Arrays = Sequence[NDArray[Any]]

SlotSlopes = Mapping[int, NDArray[Any]]
"""Slopes by input slot: f32 of an activation, as at run time, f64 of a constant in its shape."""

Slots = frozenset[int]
"""The input slots for which slopes are computed."""

Backward = Callable[[Arrays, NDArray[Any], Slopes], SlotSlopes]
"""Stored inputs, stored output, slopes of the output → slopes of the inputs in those slots."""
