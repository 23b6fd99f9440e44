"""Limits on the validation result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from mendlite.case.recipe import Value
from mendlite.model.gate_result import GateResult
from mendlite.model.scores import FloatScore, QuantizedScore, RepairedScore, Validation

Share = Annotated[float, Meta(ge=0, le=1)]


class Gate(Value, frozen=True, kw_only=True):
    """Limits on the validation result; None: no limit.

    ``not_worse``: no more failing tests than the int8 file had. ``max_failing_share`` of the
    tests; ``max_regressed`` tests that passed before; ``max_accuracy_drop`` and ``max_auc_drop``
    below the float model's; ``max_rms`` difference from it.
    """

    not_worse: bool = True
    max_failing_share: Share | None = None
    max_regressed: Annotated[int, Meta(ge=0)] | None = None
    max_accuracy_drop: Share | None = None
    max_rms: Annotated[float, Meta(ge=0)] | None = None
    max_auc_drop: Share | None = None


Shipped = QuantizedScore | RepairedScore
"""The file that would ship: the repaired one, or the int8 file where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drop:
    """A score that may fall below the float model's: its field, its limit, and a breach's words."""

    score: str
    limit: str
    subject: str
    form: str
    undefined: str


ACCURACY = _Drop(
    score="accuracy",
    limit="max_accuracy_drop",
    subject="accuracy",
    form=".2%",
    undefined="the validation samples have no labels",
)
AUC = _Drop(
    score="auc",
    limit="max_auc_drop",
    subject="the AUC",
    form=".4f",
    undefined="the task or the labels define no AUC",
)


def gate_breaches(gate: Gate, validation: Validation) -> tuple[str, ...]:
    """One sentence per broken limit; empty where the file may ship."""
    return tuple(result.breach for result in gate_results(gate, validation) if result.breach)


def gate_results(gate: Gate, validation: Validation) -> tuple[GateResult, ...]:
    """Each limit that is set, and whether it is met."""
    shipped = validation.repaired or validation.int8
    checks = {
        "not_worse": _not_worse(gate, validation.int8, shipped),
        "max_failing_share": _failing_share(gate, shipped, validation.samples),
        "max_regressed": _regressed(gate, shipped),
        "max_accuracy_drop": _drop(ACCURACY, gate, validation.float, shipped),
        "max_rms": _rms(gate, shipped),
        "max_auc_drop": _drop(AUC, gate, validation.float, shipped),
    }
    limits = {name: getattr(gate, name) for name in checks}
    return tuple(
        GateResult(name=name, limit=_words(limits[name]), breach=breach)
        for name, breach in checks.items()
        if limits[name] is not None and limits[name] is not False
    )


def _words(limit: bool | float) -> str:
    """A limit's value as text; a limit that is only set has none."""
    return "" if limit is True else str(limit)


def _not_worse(gate: Gate, int8: QuantizedScore, shipped: Shipped) -> str:
    before, after = int8.failing, shipped.failing
    if not gate.not_worse or after <= before:
        return ""
    return f"failing tests rose from {before} to {after} (not_worse)"


def _failing_share(gate: Gate, shipped: Shipped, samples: int) -> str:
    if gate.max_failing_share is None or not samples:
        return ""
    share = shipped.failing / samples
    if share <= gate.max_failing_share:
        return ""
    return f"{share:.2%} of the tests fail (max_failing_share {gate.max_failing_share:.2%})"


def _regressed(gate: Gate, shipped: Shipped) -> str:
    regressed = shipped.regressed if isinstance(shipped, RepairedScore) else 0
    if gate.max_regressed is None or regressed <= gate.max_regressed:
        return ""
    return f"{regressed} tests were broken (max_regressed {gate.max_regressed})"


def _rms(gate: Gate, shipped: Shipped) -> str:
    if gate.max_rms is None or shipped.rms <= gate.max_rms:
        return ""
    return f"the RMS difference from float is {shipped.rms:.4g} (max_rms {gate.max_rms:.4g})"


def _drop(drop: _Drop, gate: Gate, teacher: FloatScore, shipped: Shipped) -> str:
    most = getattr(gate, drop.limit)
    if most is None:
        return ""
    before, after = getattr(teacher, drop.score), getattr(shipped, drop.score)
    if before is None or after is None:
        return f"{drop.limit} is set, but {drop.undefined}"
    if before - after <= most:
        return ""
    form = drop.form
    return (
        f"{drop.subject} is {after:{form}} against float's {before:{form}} "
        f"({drop.limit} {most:{form}})"
    )
