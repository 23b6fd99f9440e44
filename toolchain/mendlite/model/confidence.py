"""A confidence interval."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceInterval:
    """The ends of an interval, both inside it."""

    low: float
    high: float
