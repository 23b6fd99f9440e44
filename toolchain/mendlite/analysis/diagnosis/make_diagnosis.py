"""One finding, with what all of a kind have in common."""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.analysis.diagnosis.evidence import Evidence
from mendlite.model.cost import Cost
from mendlite.model.diagnosis import Diagnosis, Recovery


def make_diagnosis(
    evidence: Evidence,
    kind: str,
    where: str,
    sentence: str,
    *,
    cost: Cost | None,
    recoverable: Recovery,
    advice: str,
    tensors: Sequence[int] = (),
    layers: Sequence[int] = (),
) -> Diagnosis:
    """The diagnosis of one finding; its page is the kind's."""
    return Diagnosis(
        kind=kind,
        where=where,
        tensors=tuple(tensors),
        layers=tuple(layers),
        sentence=sentence,
        samples=evidence.samples.count,
        cost=cost,
        recoverable=recoverable,
        advice=advice,
        page=f"diagnosis/{kind}.md",
    )
