"""``mendlite certify``: prove or refute a property for every input of a region."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mendlite.case.case import Case
from mendlite.certify.region import RAW, STEPS
from mendlite.checker.form import loads
from mendlite.cli.common import CLOCK, case_options, load, read_bytes, target_argument
from mendlite.cli.finite import FiniteRange
from mendlite.cli.names import Name
from mendlite.emit.certificate import with_bounds
from mendlite.errors import BadInputError, GateError
from mendlite.files import require_whole, write_file
from mendlite.jobs.certify import (
    PROPERTIES,
    SAME,
    SOLVERS,
    ProofResult,
    Question,
    certify_case,
    compared_models,
)
from mendlite.jobs.proof_parameters import require_used
from mendlite.model.verification import ProofVerdict, Verification
from mendlite.reading.limited import CERTIFICATE
from mendlite.reading.npz import read_npy
from mendlite.report.json_report import to_json
from mendlite.report.progress import progress
from mendlite.report.verification import show_verification
from mendlite.tflite.reader import read_file
from mendlite.workers.dask_cluster import require_dask

FilePath = click.Path(path_type=Path)


@click.command()
@target_argument
@case_options
@click.option(
    "--property",
    "kind",
    type=Name(PROPERTIES),
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
    type=Name([STEPS, RAW]),
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
    type=Name(SOLVERS),
    default="highs",
    show_default=True,
    help="Decides what reachability leaves open; none: reachability and search alone.",
)
@click.option(
    "--time-limit",
    type=FiniteRange(0),
    default=300.0,
    show_default=True,
    help="Seconds in all, from the command's start; what is open then is undecided.",
)
@click.option(
    "--certificate",
    type=FilePath,
    default=None,
    help="Add what was proved to this certificate of the repaired file; its digest changes.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    default=None,
    help="Spread parts of the region and open questions over the workers of this Dask scheduler.",
)
@click.option("--gate", is_flag=True, help="Exit with 4 unless the property is proved.")
def certify(**options: Any) -> None:
    """Prove a property of TARGET's int8 model for every input of a region, or refute it.

    The region is a ball round a sample, or ranges per feature. Reachability bounds float network,
    int8 network and their difference together; a search and a solver decide what that leaves open.
    """
    _require_used(options)
    if options["dask"] is not None:
        require_dask()
    with progress(shown=not options["quiet"]) as show:
        case = load(show, options).case
        question = _question(options, case.quantized.signature)
        certificate = _certificate(options["certificate"], case, question)
        answer = certify_case(case, question)
    verification = answer.verification
    if certificate is not None:
        certificate.add(answer)
    if options["as_json"]:
        sys.stdout.write(to_json(verification).decode())
    else:
        show_verification(case.name, verification, sys.stdout)
    if options["gate"] and verification.verdict is not ProofVerdict.PROVED:
        raise GateError(f"{case.name}: {_short(verification)}")


def _require_used(options: dict[str, Any]) -> None:
    """Raise BadInputError for an option that is given and has no effect beside the others."""
    context = click.get_current_context()
    given = {
        p.name: p.opts[0]
        for p in context.command.params
        if p.name is not None
        and context.get_parameter_source(p.name) is ParameterSource.COMMANDLINE
    }
    ranged = options["low"] is not None or options["high"] is not None
    ranges = "--low and --high" if ranged else ""
    require_used(given, options["kind"], shown="--property", ranges=ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Certificate:
    """A certificate's file, its bytes, and what it calls the two models that are compared."""

    path: Path
    data: bytes
    compared: tuple[str, str]

    def add(self, answer: ProofResult) -> None:
        """Write the bounds into the certificate."""
        verification, box = answer.verification, answer.box
        bounds = {
            "property": verification.property,
            "region": verification.region,
            "compared": list(self.compared),
            "verdict": verification.verdict.value,
            "means": verification.means.value,
            "low": box.low.tolist(),
            "high": box.high.tolist(),
            "outputs": [
                {"output": b.output, "lower": b.lower, "upper": b.upper}
                for b in verification.bounds
            ],
        }
        write_file(self.path, with_bounds(self.data, bounds))


def _certificate(path: Path | None, case: Case, question: Question) -> _Certificate | None:
    """The certificate that bounds are added to, read before anything is computed.

    Raises BadInputError where it is other files'.
    """
    if path is None:
        return None
    data = read_bytes(require_whole(path), CERTIFICATE)
    files = loads(data)["files"]
    named = {
        files[name]["sha256"]: name
        for name in ("float", "base", "patched")
        if files[name] is not None
    }
    first, second = (named.get(model.sha256) for model in compared_models(case, question))
    if first is None or second is None:
        raise BadInputError(
            f"{path} certifies other files than the two that are compared for {case.name}; "
            "name the repaired one with --model"
        )
    return _Certificate(path=path, data=data, compared=(first, second))


def _short(verification: Verification) -> str:
    return f"'{verification.property}' is {verification.verdict.value} over {verification.region}"


def _question(options: dict[str, Any], signature: str | None) -> Question:
    """The options as values; files are read."""
    path, low, high = options["model"], options["low"], options["high"]
    if (low is None) != (high is None):
        raise BadInputError("--low and --high belong together")
    return Question(
        property=options["kind"],
        epsilon=options["epsilon"],
        outputs=options["outputs"],
        wanted=options["wanted"],
        smallest=options["smallest"],
        sample=options["sample"],
        radius=options["radius"],
        unit=options["unit"],
        ranges=None if low is None else (read_npy(low), read_npy(high)),
        ranges_words=f"the ranges of {low} and {high}",
        repaired=None if path is None else read_file(require_whole(path), signature),
        patch=options["patch"],
        solver=options["solver"],
        seconds=options["time_limit"],
        dask=options["dask"],
        clock=click.get_current_context().meta.get(CLOCK),
    )
