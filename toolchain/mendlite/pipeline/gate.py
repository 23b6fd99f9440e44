"""The target's limits on the validation result."""

from __future__ import annotations

from mendlite.model.report import Validation
from mendlite.targets.schema import Gate


def gate_breaches(gate: Gate, validation: Validation) -> tuple[str, ...]:
    """One sentence per broken limit; empty where the repaired model may ship."""
    checks = (
        _not_worse(gate, validation),
        _failing_share(gate, validation),
        _regressed(gate, validation),
        _accuracy(gate, validation),
        _rms(gate, validation),
        _auc(gate, validation),
    )
    return tuple(sentence for sentence in checks if sentence)


def _not_worse(gate: Gate, validation: Validation) -> str:
    before, after = validation.int8.failing, validation.repaired.failing
    if not gate.not_worse or after <= before:
        return ""
    return f"failing tests rose from {before} to {after} (not_worse)"


def _failing_share(gate: Gate, validation: Validation) -> str:
    if gate.max_failing_share is None or not validation.samples:
        return ""
    share = validation.repaired.failing / validation.samples
    if share <= gate.max_failing_share:
        return ""
    return f"{share:.2%} of the tests fail (max_failing_share {gate.max_failing_share:.2%})"


def _regressed(gate: Gate, validation: Validation) -> str:
    regressed = validation.repaired.regressed
    if gate.max_regressed is None or regressed <= gate.max_regressed:
        return ""
    return f"{regressed} tests regressed (max_regressed {gate.max_regressed})"


def _accuracy(gate: Gate, validation: Validation) -> str:
    if gate.max_accuracy_drop is None:
        return ""
    wanted, found = validation.float.accuracy, validation.repaired.accuracy
    if wanted is None or found is None:
        return "max_accuracy_drop is set, but the validation samples have no labels"
    if wanted - found <= gate.max_accuracy_drop:
        return ""
    return (
        f"accuracy is {found:.2%} against float's {wanted:.2%} "
        f"(max_accuracy_drop {gate.max_accuracy_drop:.2%})"
    )


def _rms(gate: Gate, validation: Validation) -> str:
    found = validation.repaired.rms
    if gate.max_rms is None or found <= gate.max_rms:
        return ""
    return f"the RMS difference from float is {found:.4g} (max_rms {gate.max_rms:.4g})"


def _auc(gate: Gate, validation: Validation) -> str:
    if gate.max_auc_drop is None:
        return ""
    wanted, found = validation.float.auc, validation.repaired.auc
    if wanted is None or found is None:
        return "max_auc_drop is set, but the task or the labels give no AUC"
    if wanted - found <= gate.max_auc_drop:
        return ""
    limit = f"max_auc_drop {gate.max_auc_drop:.4f}"
    return f"the AUC is {found:.4f} against float's {wanted:.4f} ({limit})"
