"""The held-out samples one by one: what each model gives, and how far that is from float."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

MOST_ROWS = 1000
"""Samples that a report lists; above it the passing ones are only counted."""

MOST_VALUES = 16
"""Values of one output that a row lists: the first ones."""

Number = float
"""The type under another name: a row has a field that is called ``float``."""

Result = int | Number | tuple[int | Number, ...]
"""What a model gives for one sample, in the form that the task has (docs/SPEC.md, "The rows")."""


@unique
class Outcome(Enum):
    """What became of one test."""

    PASSING = "passing"
    """It passes, before and after the repair."""
    FAILING = "failing"
    """It fails, before and after."""
    FIXED = "fixed"
    """It failed before and passes after."""
    REGRESSED = "regressed"
    """It passed before and fails after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """One held-out sample.

    ``source`` names the data in the target and ``row`` the sample's place there, from 0. ``float``
    is what the teacher gives, ``repaired`` null without a repaired file. ``margin`` is how far the
    teacher's values are from another decision (null where the task decides nothing), the losses
    are the task's, each of this sample alone.
    """

    source: str
    row: int
    label: Result | None
    outcome: Outcome
    float: Result
    int8: Result
    repaired: Result | None
    margin: Number | None
    int8_loss: Number
    repaired_loss: Number | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsLeftOut:
    """Samples that the rows do not list, by whether any model fails on them."""

    passing: int
    failing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRows:
    """The rows that a report lists, in the samples' order, and how many it does not."""

    rows: tuple[SampleRow, ...]
    left_out: RowsLeftOut
