"""``mendlite validate``: count the failing tests of a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mendlite.cli.common import case_options, load
from mendlite.errors import GateError
from mendlite.pipeline.gate import gate_breaches
from mendlite.pipeline.job import validate as run_validation
from mendlite.repair.pairing import pair_layers
from mendlite.replay.registry import make_runner
from mendlite.report.json_report import to_json
from mendlite.report.terminal import progress, show_validation
from mendlite.tflite.reader import read_file


@click.command()
@case_options
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    default=None,
    help="The repaired file.  [default: the target's own int8 file]",
)
@click.option(
    "--gate", is_flag=True, help="Exit with 4 where the result breaks the target's limits."
)
def validate(**options: Any) -> None:
    """Count TARGET's failing tests on its validation samples, before and after."""
    with progress(shown=not options["quiet"]) as show:
        case = load(show, options)
        model = case.quantized
        if options["model"] is not None:
            model = read_file(options["model"])
            pair_layers(case.reference, model)
        found = run_validation(case, model)
    kernels = make_runner(case.runner, case.quantized, case.profile).kernels
    if options["as_json"]:
        sys.stdout.write(to_json(found).decode())
    else:
        show_validation(case.target.name, kernels, found, sys.stdout)
    breaches = gate_breaches(case.target.gate, found)
    if options["gate"] and breaches:
        raise GateError(f"gate of {case.target.name}: {'; '.join(breaches)}")
