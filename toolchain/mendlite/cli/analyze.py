"""``mendlite analyze``: what quantization cost."""

from __future__ import annotations

import sys
from typing import Any

import click

from mendlite.analysis.analyze import SAMPLES
from mendlite.analysis.analyze import analyze as run_analysis
from mendlite.cli.common import case_options
from mendlite.cli.subject import chosen_target, subject
from mendlite.cli.words import DataCommand
from mendlite.model.analysis import Analysis
from mendlite.report.analysis import show_analysis
from mendlite.report.json_report import to_json
from mendlite.report.progress import progress


@click.command(cls=DataCommand)
@subject
@case_options
@click.option(
    "--top",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="Most suspicious neurons of each layer and metric to show.",
)
def analyze(**options: Any) -> None:
    """Show what quantization cost TARGET, or INT8 after FLOAT on --data.

    Noise, weights, activations, suspicious neurons.

    Works on the repair samples (256, or the number of --samples).
    """  # fmt: skip
    target = chosen_target(options, "analyze")
    with progress(shown=not options["quiet"]) as show:
        case = target.open(show).case
        chosen = options["samples"] or SAMPLES
        analysis: Analysis = run_analysis(case, case.sets.repair.some(chosen), options["top"])
    if options["as_json"]:
        sys.stdout.write(to_json(analysis).decode())
    else:
        show_analysis(analysis, sys.stdout)
