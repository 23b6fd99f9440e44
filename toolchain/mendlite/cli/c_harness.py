"""The C harness of ``mendlite emit``: its options, and the box that its assertion is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from mendlite.case.preprocess import quantized_inputs
from mendlite.cli.names import Name
from mendlite.emit.c_harness import ClassBox, c_harness
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.reading.npz import read_npy
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.targets.data_paths import Allowed
from mendlite.targets.samples import load_samples
from mendlite.targets.schema import Target
from mendlite.tflite.logits import logits_tensor
from mendlite.tflite.reader import read
from mendlite.tflite.support import require_no_variables

FORMAT = "c-harness"
OPTIONS = ("sample", "center", "radius", "profile")

SEED = 0
"""The seed that draws the validation samples, as where no other is given."""

DEFAULT_RADIUS = 1


def harness_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that only the C harness reads."""
    options = [
        click.option("--sample", type=click.IntRange(0), default=None, metavar="N",
                     help=f"{FORMAT}: assert the class of validation sample N around it."),
        click.option("--center", type=click.Path(path_type=Path), default=None, metavar="FILE.npy",
                     help=f"{FORMAT}: assert the class of this int8 input around it."),
        click.option("--radius", type=click.IntRange(0, 255), default=None, metavar="R",
                     help=f"{FORMAT}: how many input steps around.  [default: {DEFAULT_RADIUS}]"),
        click.option("--profile", type=Name([p.value for p in Profile]), default=None,
                     help=f"{FORMAT}: rounding profile.  [default: {Profile.TFLM.value}]"),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def require_read(options: dict[str, Any], formats: list[str]) -> None:
    """Raise BadInputError for an option that no chosen format reads."""
    given = [name for name in OPTIONS if options[name] is not None]
    if FORMAT not in formats:
        if given:
            raise BadInputError(f"--{given[0]} does nothing without --formats {FORMAT}")
        return
    if options["sample"] is not None and options["center"] is not None:
        raise BadInputError("--sample and --center each name a centre: use one of them")
    if options["radius"] is not None and options["sample"] is None and options["center"] is None:
        raise BadInputError("--radius does nothing without --sample or --center")


def harness(target: Target, data: bytes, options: dict[str, Any]) -> tuple[bytes, str]:
    """(the C file of the model ``data``, one line on what it asserts)."""
    model = read(data, target.signature)
    require_no_variables(model, "the C harness computes one sample")
    profile = Profile(options["profile"] or Profile.TFLM.value)
    box = _box(target, model, profile, options)
    words = (
        "MENDLITE_PROPERTY(logits) for every input: define it by -D"
        if box is None
        else f"class {box.top} for every input within {box.origin}"
    )
    return c_harness(model, profile, box), f"profile {profile.value}, asserts {words}"


def _box(
    target: Target, model: Model, profile: Profile, options: dict[str, Any]
) -> ClassBox | None:
    """The box around the centre and the class that the model predicts for the centre."""
    if options["sample"] is None and options["center"] is None:
        return None
    if target.task.kind != "classification":
        raise BadInputError(
            f"target {target.name} is no classifier: leave --sample and --center out, and define "
            "MENDLITE_PROPERTY to the compiler"
        )
    if options["sample"] is not None:
        allowed = Allowed(outside=options["allow_outside"], code=options["allow_code"])
        center = _sample(target, model, options["sample"], allowed)
        origin = f"of validation sample {options['sample']}"
    else:
        center = _read_center(options["center"], model)
        origin = f"of {options['center'].name}"
    radius = DEFAULT_RADIUS if options["radius"] is None else options["radius"]
    steps = f"{radius} step{'' if radius == 1 else 's'}"
    top = _top(model, profile, center)
    return ClassBox.around(center, radius, top, f"{steps} {origin}")


def _sample(target: Target, model: Model, number: int, allowed: Allowed) -> NDArray[Any]:
    samples = load_samples(target, SEED, allowed).validation
    if number >= samples.count:
        raise BadInputError(
            f"--sample {number}: target {target.name} has validation samples 0 to "
            f"{samples.count - 1}"
        )
    return quantized_inputs(target.inputs, samples.take(slice(number, number + 1)), model)[0]


def _read_center(path: Path, model: Model) -> NDArray[Any]:
    values = read_npy(path)
    shape = model.tensors[model.inputs[0]].shape
    if values.dtype != np.int8:
        raise BadInputError(f"{path}: it must hold one array of int8")
    if values.shape not in (shape, shape[1:]):
        raise BadInputError(f"{path}: shape {list(values.shape)}, but the input is {list(shape)}")
    return values.reshape(shape)


def _top(model: Model, profile: Profile, center: NDArray[Any]) -> int:
    """The class that the reference kernels predict for one sample."""
    logits = logits_tensor(model)
    runner = ReferenceRunner(model=model, profile=profile)
    values = next(iter(runner.run([center], [logits])))[logits]
    return int(values.reshape(-1).argmax())
