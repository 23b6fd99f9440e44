"""How the tests of a case are made: the teacher, the task and the preprocessing of the inputs.

Each is a value with defaults. A ``target.toml`` spells them in its tables, Python in keywords; both
are held to the same ranges.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from mendlite.errors import BadInputError

Numbers = float | list[float]

Axis = Annotated[int, Meta(ge=0, le=7)]

Kind = Literal[
    "classification", "multi-label", "regression", "autoencoder", "detection", "next-token"
]
Teacher = Literal["float", "labels", "outputs"]


class Value(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings with ranges: in TOML, unknown keys are errors."""


class TaskSettings(Value, frozen=True, kw_only=True):
    """What the model is for; docs/SPEC.md, "Tasks", defines when a test fails.

    ``tolerance``: regression and detection, in the output's unit (None: one step of the int8
    output); autoencoder, the share of the anomaly score (None: 0.05). ``threshold``: the
    probability of a label, or the score of a detection (None: 0.5). ``boxes`` and ``scores`` are
    the numbers of a detector's outputs. Of a model that keeps values from frame to frame a test is
    a frame, or by ``verdict`` a recording: an output is detected in it where the mean of its
    probability over ``window`` neighbouring frames reaches ``threshold``. ``positions``: of a
    language model, "all" positions of a sequence are tests, or the "last" one alone.
    """

    kind: Kind = "classification"
    tolerance: Annotated[float, Meta(gt=0)] | None = None
    threshold: float | None = None
    boxes: Annotated[int, Meta(ge=0)] = 0
    scores: Annotated[int, Meta(ge=0)] = 1
    verdict: Literal["frame", "recording"] = "frame"
    window: Annotated[int, Meta(ge=1)] = 1
    positions: Literal["all", "last"] = "all"


class Preprocessing(Value, frozen=True, kw_only=True):
    """How a stored sample becomes one input of the models.

    ``transpose`` lists the stored axes of one sample in the model's order, counted from 0 and
    without the axis of samples: [1, 2, 0] for images stored channels first and a model that takes
    them last. Without it a sample keeps its order. Then the float model takes
    (raw - subtract) * multiply: numbers, or one per channel of the last axis. The int8 model
    takes that quantized by its own input scale and zero-point ("quantize"), or raw - raw_offset
    as it is ("raw").
    """

    transpose: list[Axis] = []

    subtract: Numbers = 0.0
    multiply: Numbers = 1.0
    int8: Literal["quantize", "raw"] = "quantize"
    raw_offset: int = 0


class Recipe(Value, frozen=True, kw_only=True):
    """Teacher, task and one ``Preprocessing`` per model input.

    ``teacher`` selects what the int8 model should follow: the float model, the labels, or
    recorded outputs of the float model.
    """

    teacher: Teacher = "float"
    task: TaskSettings = TaskSettings()
    inputs: tuple[Preprocessing, ...] = (Preprocessing(),)

    def plain(self) -> dict[str, Any]:
        """Plain values for a certificate (docs/SPEC.md, "The certificate", ``recipe``).

        ``transpose``, ``verdict``, ``window`` and ``positions`` are left out where they say
        nothing, as in certificates that are older than them.
        """
        return {
            "teacher": self.teacher,
            "task": _plain_task(self.task),
            "inputs": [_plain(rule) for rule in self.inputs],
        }


def _plain_task(task: TaskSettings) -> dict[str, Any]:
    values = msgspec.structs.asdict(task)
    if task.verdict == "frame":
        del values["verdict"], values["window"]
    if task.positions == "all":
        del values["positions"]
    return values


def _plain(rule: Preprocessing) -> dict[str, Any]:
    values = msgspec.structs.asdict(rule)
    return values if rule.transpose else {k: v for k, v in values.items() if k != "transpose"}


AnyValue = TypeVar("AnyValue", bound=Value)


def require_valid(value: AnyValue) -> AnyValue:
    """The value with its types and ranges checked; raises BadInputError that names the field."""
    try:
        return msgspec.convert(msgspec.to_builtins(value), type(value))
    except (msgspec.MsgspecError, TypeError) as error:
        text = str(error).replace("`$.", f"`{type(value).__name__}.")
        raise BadInputError(text) from error
