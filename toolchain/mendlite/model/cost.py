"""What a part of the quantization costs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one change to the float model costs: failing tests, and the mean of the task's loss."""

    failing: int
    loss: float
