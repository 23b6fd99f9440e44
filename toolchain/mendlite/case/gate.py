"""Limits on the validation result."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mendlite.case.recipe import Value
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


def gate_breaches(gate: Gate, validation: Validation) -> tuple[str, ...]:
    """One sentence per broken limit; empty where the file may ship."""
    shipped = validation.repaired or validation.int8
    checks = (
        _not_worse(gate, validation.int8, shipped),
        _failing_share(gate, shipped, validation.samples),
        _regressed(gate, shipped),
        _accuracy(gate, validation.float, shipped),
        _rms(gate, shipped),
        _auc(gate, validation.float, shipped),
    )
    return tuple(sentence for sentence in checks if sentence)


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
    return f"{regressed} tests regressed (max_regressed {gate.max_regressed})"


def _accuracy(gate: Gate, teacher: FloatScore, shipped: Shipped) -> str:
    if gate.max_accuracy_drop is None:
        return ""
    wanted, found = teacher.accuracy, shipped.accuracy
    if wanted is None or found is None:
        return "max_accuracy_drop is set, but the validation samples have no labels"
    if wanted - found <= gate.max_accuracy_drop:
        return ""
    return (
        f"accuracy is {found:.2%} against float's {wanted:.2%} "
        f"(max_accuracy_drop {gate.max_accuracy_drop:.2%})"
    )


def _rms(gate: Gate, shipped: Shipped) -> str:
    found = shipped.rms
    if gate.max_rms is None or found <= gate.max_rms:
        return ""
    return f"the RMS difference from float is {found:.4g} (max_rms {gate.max_rms:.4g})"


def _auc(gate: Gate, teacher: FloatScore, shipped: Shipped) -> str:
    if gate.max_auc_drop is None:
        return ""
    wanted, found = teacher.auc, shipped.auc
    if wanted is None or found is None:
        return "max_auc_drop is set, but the task or the labels define no AUC"
    if wanted - found <= gate.max_auc_drop:
        return ""
    limit = f"max_auc_drop {gate.max_auc_drop:.4f}"
    return f"the AUC is {found:.4f} against float's {wanted:.4f} ({limit})"
