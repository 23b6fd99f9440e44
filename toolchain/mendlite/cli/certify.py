"""``mendlite certify``: prove or refute a property for every input of a region."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from mendlite.case.case import Case
from mendlite.certify.bounds.network import InputBox
from mendlite.certify.bounds.property import ClassIs, ErrorBound, Property, SameClass
from mendlite.certify.decide import ProofEffort
from mendlite.certify.decide import certify as run
from mendlite.certify.decide_smt import certify_smt
from mendlite.certify.model_pair import Ints, ModelPair
from mendlite.certify.region import RAW, STEPS, ball, ranges
from mendlite.checker.form import loads
from mendlite.cli.common import case_options, load, read_bytes
from mendlite.cli.finite import FiniteRange
from mendlite.emit.certificate import with_bounds
from mendlite.errors import BadInputError, GateError
from mendlite.files import require_whole, write_file
from mendlite.model.verification import ProofVerdict, Verification
from mendlite.reading.limited import CERTIFICATE
from mendlite.reading.npz import read_npy
from mendlite.report.json_report import to_json
from mendlite.report.progress import progress
from mendlite.report.verification import show_verification
from mendlite.solvers.maximisers import MAXIMISERS, make_maximiser
from mendlite.tflite.reader import read_file

FilePath = click.Path(path_type=Path)
ERROR, SAME, IS = "error", "class", "class-is"
SMT = "z3"


@click.command()
@case_options
@click.option(
    "--property",
    "kind",
    type=click.Choice([ERROR, SAME, IS]),
    default=SAME,
    show_default=True,
    help="error: the outputs differ by less than --epsilon. class: the class is the same. "
    "class-is: the int8 class is --class.",
)
@click.option(
    "--epsilon",
    type=FiniteRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Bound of the output error, in real output units.",
)
@click.option(
    "--output",
    "outputs",
    type=click.IntRange(0),
    multiple=True,
    help="Bound this output's error only; may be repeated.  [default: all]",
)
@click.option(
    "--class",
    "wanted",
    type=click.IntRange(0),
    default=None,
    help="The class of class-is.  [default: the float model's for the sample]",
)
@click.option("--smallest", is_flag=True, help="The class is the smallest output, not the largest.")
@click.option(
    "--sample",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Round which validation sample, counted as in the set.",
)
@click.option(
    "--radius",
    type=FiniteRange(0),
    default=1.0,
    show_default=True,
    help="How far each input value may lie from the sample's.",
)
@click.option(
    "--unit",
    type=click.Choice([STEPS, RAW]),
    default=STEPS,
    show_default=True,
    help="Of the radius: input quantization steps, or units of the stored sample.",
)
@click.option(
    "--low",
    type=FilePath,
    default=None,
    help="Instead of a ball: .npy with the least stored input per feature.",
)
@click.option("--high", type=FilePath, default=None, help="The greatest, as --low.")
@click.option(
    "--model",
    type=FilePath,
    default=None,
    help="The repaired file.  [default: the target's own int8 file]",
)
@click.option(
    "--patch", is_flag=True, help="Compare the int8 file with --model, not the float model with it."
)
@click.option(
    "--solver",
    type=click.Choice([*MAXIMISERS, SMT]),
    default="highs",
    show_default=True,
    help="Decides what reachability leaves open; none: reachability and search alone.",
)
@click.option(
    "--time-limit",
    type=FiniteRange(0),
    default=300.0,
    show_default=True,
    help="Seconds in all.",
)
@click.option(
    "--certificate",
    type=FilePath,
    default=None,
    help="Add what was proved to this certificate of the repaired file; its digest changes.",
)
@click.option("--gate", is_flag=True, help="Exit with 4 unless the property is proved.")
def certify(**options: Any) -> None:
    """Prove a property of TARGET's int8 model for every input of a region, or refute it.

    The region is a ball round a sample, or ranges per feature. Reachability bounds float network,
    int8 network and their difference together; a search and a solver decide what that leaves open.
    """
    with progress(shown=not options["quiet"]) as show:
        case = load(show, options).case
        models, names = _models(case, options)
        box, region = _region(case, models, options)
        wanted = _property(models, box, options)
        found = _decide(options, models, box, wanted)(region=region, names=names, progress=show)
    if options["certificate"] is not None:
        _certify_there(options["certificate"], case, models, box, found)
    if options["as_json"]:
        sys.stdout.write(to_json(found).decode())
    else:
        show_verification(case.name, found, sys.stdout)
    if options["gate"] and found.verdict is not ProofVerdict.PROVED:
        raise GateError(f"{case.name}: {_short(found)}")


def _certify_there(
    path: Path, case: Case, models: ModelPair, box: InputBox, found: Verification
) -> None:
    """Write the bounds into a certificate; raises BadInputError where it is other files'."""
    data = read_bytes(require_whole(path), CERTIFICATE)
    files = loads(data)["files"]
    named = {
        files[name]["sha256"]: name
        for name in ("float", "base", "patched")
        if files[name] is not None
    }
    compared = [named.get(model.sha256) for model in (models.first, models.second)]
    if None in compared:
        raise BadInputError(
            f"{path} certifies other files than the two that were compared for {case.name}; "
            "name the repaired one with --model"
        )
    bounds = {
        "property": found.property,
        "region": found.region,
        "compared": compared,
        "verdict": found.verdict.value,
        "means": found.means.value,
        "low": box.low.tolist(),
        "high": box.high.tolist(),
        "outputs": [{"output": b.output, "lower": b.lower, "upper": b.upper} for b in found.bounds],
    }
    write_file(path, with_bounds(data, bounds))


def _decide(
    options: dict[str, Any], models: ModelPair, box: InputBox, wanted: Property
) -> Callable[..., Verification]:
    """What decides, by the solver's name, ready to run."""
    seconds = options["time_limit"]
    if options["solver"] == SMT:
        return partial(certify_smt, models, box, wanted, seconds)
    solver = make_maximiser(options["solver"])
    effort = ProofEffort(seconds=seconds, solver=solver, seed=options["seed"])
    return partial(run, models, box, wanted, effort)


def _short(found: Verification) -> str:
    return f"'{found.property}' is {found.verdict.value} over {found.region}"


def _models(case: Case, options: dict[str, Any]) -> tuple[ModelPair, tuple[str, str]]:
    """The two models that are compared, and what to call them."""
    path = options["model"]
    second = case.quantized if path is None else read_file(require_whole(path))
    label = "int8" if options["model"] is None else "repaired"
    if options["patch"]:
        if options["model"] is None:
            raise BadInputError("--patch compares the int8 file with a repaired one: add --model")
        return ModelPair.of(case.quantized, second, case.profile), ("int8", label)
    return ModelPair.of(case.reference, second, case.profile), ("float", label)


def _region(case: Case, models: ModelPair, options: dict[str, Any]) -> tuple[InputBox, str]:
    if (options["low"] is None) != (options["high"] is None):
        raise BadInputError("--low and --high belong together")
    if options["low"] is not None:
        low, high = ranges(case, read_npy(options["low"]), read_npy(options["high"]))
        return models.box(low, high), f"the ranges of {options['low']} and {options['high']}"
    sample, radius, unit = options["sample"], options["radius"], options["unit"]
    low, high = ball(case, case.sets.validation, sample, radius, unit)
    words = f"radius {radius:g} {unit} round validation sample {sample}"
    return models.box(low, high), words


def _property(models: ModelPair, box: InputBox, options: dict[str, Any]) -> Property:
    size, sign = models.networks.second.outputs, -1.0 if options["smallest"] else 1.0
    if options["kind"] == ERROR:
        outputs = options["outputs"] or tuple(range(size))
        if max(outputs) >= size:
            raise BadInputError(f"output {max(outputs)} does not exist: there are {size}")
        return ErrorBound(epsilon=options["epsilon"], outputs=tuple(outputs))
    if options["kind"] == SAME:
        return SameClass(sign=sign)
    wanted = options["wanted"]
    if wanted is None:
        centre: Ints = (box.low + box.high) // 2
        wanted = int((sign * models.replay(box, centre[None]).first[0]).argmax())
    if wanted >= size:
        raise BadInputError(f"class {wanted} does not exist: there are {size}")
    return ClassIs(wanted=wanted, sign=sign)
