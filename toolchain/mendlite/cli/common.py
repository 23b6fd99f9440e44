"""Options and loading that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mendlite.errors import BadInputError
from mendlite.model.rounding import Profile
from mendlite.pipeline.case import Case, Progress
from mendlite.pipeline.load import CaseOptions, load_case
from mendlite.replay.registry import RUNNERS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def data_root() -> Path | None:
    """The folder of MENDLITE_DATA, None where it is not set."""
    value = os.environ.get("MENDLITE_DATA", "")
    return Path(value) if value else None


def case_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a target is loaded and replayed."""
    options: list[Decorator] = [
        click.argument("target"),
        click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
                     help="Seed of every draw: samples, rows, the random baseline."),
        click.option("--samples", type=click.IntRange(1), default=None,
                     help="Use at most this many repair samples."),
        click.option("--runner", type=click.Choice(RUNNERS), default="reference",
                     show_default=True, help="Kernels that judge the models."),
        click.option("--profile", type=click.Choice([p.value for p in Profile]),
                     default=Profile.TFLM.value, show_default=True,
                     help="Rounding profile of the reference kernels."),
        click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1,
                     show_default="all cores", help="Worker processes of the solver."),
        click.option("--allow-other-network", is_flag=True,
                     help="Go on although the int8 weights are far from the float model's."),
        click.option("-q", "--quiet", is_flag=True, help="No progress."),
        click.option("--json", "as_json", is_flag=True, help="Print only JSON on stdout."),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def load(progress: Progress, options: dict[str, Any]) -> Case:
    """Load the target that the shared options name."""
    return load_case(
        options["target"],
        CaseOptions(
            data_root=data_root(),
            seed=options["seed"],
            samples=options["samples"],
            runner=options["runner"],
            profile=Profile(options["profile"]),
            jobs=options["jobs"],
            allow_other_network=options["allow_other_network"],
        ),
        progress,
    )


def read_bytes(path: Path) -> bytes:
    """A file's bytes; raises BadInputError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror or error}") from error
