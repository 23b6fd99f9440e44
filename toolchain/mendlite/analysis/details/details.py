"""All details of one report."""

from __future__ import annotations

from mendlite.analysis.details.confusion import confusion
from mendlite.analysis.details.flash import flash_map
from mendlite.case.validation import Evaluated
from mendlite.model.report_details import FORMAT, SCHEMA, ReportDetails


def report_details(evaluated: Evaluated, command: str = "") -> ReportDetails:
    """What the report of a repair shows, from the outputs on the validation samples.

    ``command`` is the command line that ran, empty from Python.
    """
    base = evaluated.evaluator.case.quantized
    return ReportDetails(
        format=FORMAT,
        schema=SCHEMA,
        command=command,
        confusion=confusion(evaluated),
        flash=flash_map(base.data, evaluated.repaired.data),
    )
