"""What a target says of its tests and inputs, as plain values for a certificate."""

from __future__ import annotations

from typing import Any

from mendlite.targets.schema import Input, Target


def recipe(target: Target) -> dict[str, Any]:
    """Teacher, task and input rules (docs/SPEC.md, "The certificate", ``recipe``)."""
    task = target.task
    return {
        "teacher": target.teacher,
        "task": {
            "kind": task.kind,
            "tolerance": task.tolerance,
            "threshold": task.threshold,
            "boxes": task.boxes,
            "scores": task.scores,
        },
        "inputs": [_rule(rule) for rule in target.inputs],
    }


def _rule(rule: Input) -> dict[str, Any]:
    return {
        "subtract": rule.subtract,
        "multiply": rule.multiply,
        "int8": rule.int8,
        "raw_offset": rule.raw_offset,
    }
