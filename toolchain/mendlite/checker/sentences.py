"""What was found of a set of samples, in sentences."""

from __future__ import annotations

from mendlite.checker.doubt import Possible
from mendlite.checker.figures import CheckedSamples
from mendlite.checker.plan import UNSEEN, CheckEffort, Coverage


def _intervals(part: CheckedSamples, possible: Possible) -> tuple[str, str]:
    """Failing tests before and after: a number, or an interval where ties are too near."""
    figures, texts = part.entry["figures"], []
    for model, figure in enumerate(("failing_before", "failing_after")):
        low, high = possible.interval(model, figures[figure])
        texts.append(str(low) if low == high else f"{low} to {high}")
    return texts[0], texts[1]


def figures_words(part: CheckedSamples, possible: Possible, covered: Coverage) -> str:
    """The figures that follow, and on how many samples they were computed."""
    figures = part.entry["figures"]
    before, after = _intervals(part, possible)
    near = possible.unsure
    ties = f"; {near} depend on a class too near a tie" if near else ""
    return (
        f"{part.name}: failing {before} -> {after} ({figures['fixed']} fixed, "
        f"{figures['regressed']} regressed); {covered.words}{ties}; "
        f"rounding profile {part.models.profile}"
    )


def doubts(
    part: CheckedSamples, possible: Possible, covered: Coverage, effort: CheckEffort
) -> list[str]:
    """Why figures that were not found false are not verified either."""
    figures = part.entry["figures"]
    claimed = figures["failing_before"] - figures["failing_after"]
    before, after = _intervals(part, possible)
    where = f"failing {before} -> {after}, as classes lie too near a tie"
    doubts = []
    if possible.contradicted:
        doubts.append(
            f"{part.name}: {possible.contradicted} tests are counted otherwise than the checker "
            f"finds them: {where}"
        )
    elif claimed > 0 >= possible.least_gain(claimed):
        doubts.append(f"{part.name}: the claimed gain may be none: {where}")
    if effort.samples is None and any(p > UNSEEN for _, p in covered.unseen[:1]):
        doubts.append(
            f"{part.name}: {covered.computed} of {covered.samples} samples are too few to see the "
            "claimed difference: `everything` computes every one"
        )
    return doubts
