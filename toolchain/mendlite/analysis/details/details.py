"""All details of one report."""

from __future__ import annotations

from mendlite.analysis.details.confusion import confusion
from mendlite.analysis.details.flash import flash_map
from mendlite.analysis.details.measured import RepairedPair, measured
from mendlite.analysis.details.samples import sample_groups
from mendlite.analysis.details.scatter import scatters
from mendlite.analysis.details.scores import distributions
from mendlite.case.gate import gate_results
from mendlite.case.validation import Evaluated, scores
from mendlite.model.delta import Delta
from mendlite.model.graph import Model
from mendlite.model.report_details import FORMAT, SCHEMA, ReportDetails, ReportOrigin


def report_details(
    evaluated: Evaluated,
    delta: Delta,
    followed: Model | None,
    origin: ReportOrigin,
    why_not: str = "",
) -> ReportDetails:
    """What the report of a repair shows, from the outputs on the validation samples and a replay.

    ``followed`` is the float model that the repaired file follows, with rescaled channels where a
    step rescaled them; None without one. ``why_not``: why nothing is replayed for it.
    """
    case = evaluated.evaluator.case
    measurement = measured(
        RepairedPair(case=case, repaired=evaluated.repaired, delta=delta, followed=followed),
        why_not,
    )
    return ReportDetails(
        format=FORMAT,
        schema=SCHEMA,
        origin=origin,
        limits=gate_results(case.gate, scores(evaluated)),
        confusion=confusion(evaluated),
        scatters=scatters(evaluated),
        distributions=distributions(evaluated),
        groups=sample_groups(evaluated),
        samples_measured=measurement.samples,
        layers=measurement.layers,
        activations=measurement.activations,
        activations_in_all=measurement.in_all,
        unmeasured=measurement.why_not,
        flash=flash_map(case.quantized.data, evaluated.repaired.data),
    )
