"""Calibration saw other data: most activation ranges are too wide, or most are too narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

from mendlite.analysis.diagnosis.evidence import Evidence, figures, percent, times
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.analysis.diagnosis.scale_ranges import ScaleRange, together
from mendlite.model.diagnosis import Diagnosis

KIND = "calibration"

WIDE = 4.0
"""Times as wide as float's values: samples of the same kind of data differ by less."""

NARROW = 1.5
"""Times as far as its range float's values reach, likewise."""

CLIPPED = 1e-4
"""Share of clipped values from which a range is too narrow, whatever the outliers are."""

FEWEST = 2
"""Ranges that say something about the calibration rather than about one tensor."""


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """At most one finding: the ranges of most tensors are off in the same direction."""
    ranges = [r for r in evidence.ranges if not r.fixed and r.width > 0]
    wide = [r for r in ranges if r.width >= WIDE]
    narrow = [r for r in ranges if r.reach >= NARROW and r.clipped_share >= CLIPPED]
    for chosen, describe in ((wide, _too_wide), (narrow, _too_narrow)):
        if len(chosen) >= FEWEST and 2 * len(chosen) > len(ranges):
            yield from _finding(evidence, chosen, len(ranges), describe)


def most(evidence: Evidence) -> frozenset[int]:
    """The tensors of a finding of this kind: what other kinds need not say again."""
    return frozenset(t for diagnosis in find(evidence) for t in diagnosis.tensors)


def _finding(
    evidence: Evidence,
    chosen: list[ScaleRange],
    count: int,
    describe: Callable[[list[ScaleRange]], str],
) -> Iterator[Diagnosis]:
    tensors = [v.tensor for r in chosen for v in r.values]
    cost = evidence.cost_of_ranges(tensors)
    if not evidence.matters(cost):
        return
    yield make_diagnosis(
        evidence,
        KIND,
        ", ".join(evidence.tensor(r.named) for r in chosen),
        f"calibration saw other data: {len(chosen)} of {count} activation ranges"
        f"{_ends(evidence, chosen)} {describe(chosen)}",
        cost=cost,
        recoverable=together([r.recovery for r in chosen]),
        advice=_advice(evidence),
        tensors=tensors,
    )


def _ends(evidence: Evidence, chosen: list[ScaleRange]) -> str:
    """Whether the graph's own input and output are among them: their ranges are the caller's."""
    tensors = {t for r in chosen for t in r.tensors}
    ends = {"input": evidence.model.inputs, "output": evidence.model.outputs}
    among = [f"the {name}'s" for name, own in ends.items() if tensors & set(own)]
    return f" ({' and '.join(among)} among them)" if among else ""


def _too_wide(chosen: list[ScaleRange]) -> str:
    widths = [r.width for r in chosen]
    spread = f"{times(min(widths))} to {times(max(widths))}"
    return f"are about {times(median(widths))} times as wide as float's values ({spread})"


def _too_narrow(chosen: list[ScaleRange]) -> str:
    worst = max(chosen, key=lambda r: r.clipped_share)
    return (
        f"are too narrow: float's values reach about {times(median(r.reach for r in chosen))} "
        f"times as far, and up to {percent(worst.clipped_share)} of a tensor's values are clipped"
    )


def _advice(evidence: Evidence) -> str:
    """What the converter should be given, with the input that it was given as far as it shows."""
    said = [
        f"{evidence.tensor(t)} holds {figures(*rounding.range)}, these samples are "
        f"{figures(float(evidence.real_inputs[t].min()), float(evidence.real_inputs[t].max()))}"
        for t, rounding in evidence.inputs.items()
    ]
    return "calibrate with some hundred samples like these, after the model's own preprocessing" + (
        f" ({'; '.join(said)})" if said else ""
    )
