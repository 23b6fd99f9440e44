"""What a user may decide about the data and the task, where it is not to be found out.

A field is a flag of the commands that take model files and ``--data``, and a parameter of
``mendlite.repair``. A ``target.toml`` holds what was decided or found in its tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mendlite.case.recipe import Kind, Teacher
from mendlite.errors import BadInputError
from mendlite.model.option import option
from mendlite.sources.front_end import FrontEnd

OF_TASKS: Mapping[str, tuple[Kind, ...]] = {
    "threshold": ("multi-label", "detection"),
    "tolerance": ("regression", "autoencoder", "detection"),
    "label_offset": ("classification",),
}
"""Decisions that only some tasks read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOptions:
    """Which samples are meant, how they are fed, and what the model is for; None: found out."""

    signature: str | None = option(
        None,
        "Which of a file's signatures is the model, where it has several.",
        metavar="NAME",
    )
    task: Kind | None = option(  # noqa: RUF009 - it makes a field
        None, "What the model is for.", otherwise="from the graph"
    )
    teacher: Teacher | None = option(  # noqa: RUF009 - it makes a field
        None, "What the int8 model should follow.", otherwise="the float model"
    )
    threshold: float | None = option(
        None, "Probability of a label, or score of a detection.", otherwise="0.5"
    )
    tolerance: float | None = option(
        None,
        "Largest difference from float that passes, in the output's unit; autoencoder: as a share.",
        above=0,
        otherwise="one step of the output; autoencoder: 0.05",
    )
    subtract: tuple[float, ...] | None = option(
        None, "The models take (sample - A) * B: A, one number or one a channel.", metavar="A,..."
    )
    multiply: tuple[float, ...] | None = option(
        None, "B of (sample - A) * B, one number or one a channel.", metavar="B,..."
    )
    int8: Literal["quantize", "raw"] | None = option(
        None,
        "The int8 model takes the float input quantized, or the sample itself less `raw_offset`.",
    )
    raw_offset: int | None = option(None, "Subtracted from samples that are fed raw.")
    layout: Literal["as-stored", "nchw", "nhwc", "swapped"] | None = option(
        None, "The order in which a sample's axes are stored."
    )
    inputs: tuple[str, ...] | None = option(
        None,
        "Arrays, columns or files of the samples, in the order of the model's inputs.",
        metavar="A,B,...",
    )
    labels: str | None = option(
        None, "File of the labels, or the array or column that holds them.", metavar="FILE|NAME"
    )
    label_offset: int | None = option(None, "Added to the labels to get the model's class index.")
    classes: str | None = option(
        None, "File with a class name a line, in the model's order.", metavar="FILE"
    )
    columns: tuple[str, ...] | None = option(
        None, "Columns of a table that are fed.", metavar="A,B,...", otherwise="all but the labels"
    )
    image_size: tuple[int, ...] | None = option(
        None, "Resize images to this height and width.", metavar="HxW"
    )
    channels: int | None = option(
        None, "Read images as grey (1) or RGB (3).", at_least=1, metavar="1|3"
    )
    sample_rate: int | None = option(
        None, "What recordings must have, in Hz.", at_least=1, metavar="HZ"
    )
    window: int | None = option(None, "Values of a recording that are one sample.", at_least=1)
    stride: int | None = option(
        None, "Values from the beginning of one window to the next.", at_least=1
    )
    front_end: FrontEnd | None = option(  # noqa: RUF009 - it makes a field
        None, "Features of recordings: those of TFLite Micro's audio front end."
    )


def require_read_by(task: Kind, given: DataOptions) -> None:
    """Raise BadInputError for a decision that has no effect on this task."""
    for name, kinds in OF_TASKS.items():
        if getattr(given, name) is not None and task not in kinds:
            raise BadInputError(
                f"`{name}` has no effect with task {task}: it belongs to {' and '.join(kinds)}"
            )
