"""How many samples are computed again, by which kernels, and the sentence about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from time import perf_counter
from typing import Any

from mendlite.checker.draw import SampleDraw, unseen
from mendlite.checker.evaluate import multiplications
from mendlite.checker.figures import CheckedModels, CheckedSamples, check_figures
from mendlite.checker.frames import frames_listed
from mendlite.checker.graph import Graph
from mendlite.checker.inputs import SampleSet
from mendlite.checker.sets import JUDGED
from mendlite.checker.tasks import CheckedTask
from mendlite.errors import ClaimError

SECONDS = 60.0
"""All samples are computed where the fast kernels are expected to take no longer."""

FIRST = (16, 256)
"""Samples whose time is measured; the more where the fewer are computed within ``QUICK`` seconds
and seem too slow, for what is done once, or once a step of a sequence, counts for each of few."""

QUICK = 2.0

FEWEST = 32
"""Samples of a set that are computed unasked, however large the model."""

PLAIN_BUDGET, FEWEST_PLAIN = 5 * 10**8, 8
"""Multiplications of one model on one set by the plain kernels, and the fewest samples of it."""

UNSEEN = 1e-3
"""The default draw must not miss the claimed difference with a greater probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEffort:
    """What the user of the checker requests.

    ``samples`` of each set, drawn by ``draw``; None: all that ``seconds`` allow.
    """

    draw: SampleDraw
    samples: int | None = None
    seconds: float = SECONDS

    @property
    def everything(self) -> bool:
        """Whether all samples are computed however long it takes."""
        return self.samples is None and self.seconds == inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Of a set's ``samples`` so many were ``computed``, ``plain`` of them by the plain kernels.

    ``unseen`` are pairs (k, the probability that none of k false entries was among those computed);
    the first k is the difference that the certificate claims.
    """

    name: str
    samples: int
    computed: int
    plain: int
    unseen: tuple[tuple[int, float], ...]

    @property
    def words(self) -> str:
        """The sentence about it."""
        said = f"computed again on {self.computed} of {self.samples} samples"
        if self.plain < self.computed:
            said += f" ({self.plain} by two evaluators)"
        if self.computed == self.samples:
            return said
        chances = ", ".join(f"{p:.2g} ({k} of them)" for k, p in self.unseen)
        return f"{said}; false entries would have been missed with probability {chances}"


def task_of(
    certificate: Mapping[str, Any], base: Graph, sets: Mapping[str, SampleSet] | None
) -> CheckedTask:
    """The recipe's task, with the frames of the recordings that the certificate lists.

    ``sets`` is the data, None where whoever checks has none.
    """
    task = CheckedTask.of(certificate["recipe"]["task"], base)
    found = {
        frames_listed(base, certificate["sets"][name], None if sets is None else sets[name].raw)
        for name in JUDGED
    }
    if len(found) > 1:
        raise ClaimError("the sets have recordings of other lengths")
    return replace(task, frames=found.pop())


def coverage(part: CheckedSamples, plain: int) -> Coverage:
    """The coverage of a set of which ``part`` was computed."""
    count, figures = part.entry["samples"], part.entry["figures"]
    claimed = abs(figures["failing_before"] - figures["failing_after"])
    tests = part.task.tests_of_sample
    ks = dict.fromkeys(k for k in (claimed, 1, 10, 100) if 0 < k <= count * tests)
    # At worst false tests are frames of the same recordings.
    chances = tuple((k, unseen(count, len(part.rows), -(-k // tests))) for k in ks)
    return Coverage(
        name=part.name, samples=count, computed=len(part.rows), plain=plain, unseen=chances
    )


def parts(
    certificate: Mapping[str, Any],
    models: CheckedModels,
    sets: Mapping[str, SampleSet],
    effort: CheckEffort,
) -> Iterator[tuple[CheckedSamples, CheckedSamples]]:
    """Per compared set the samples for the fast kernels, and those of them for the plain ones."""
    task = task_of(certificate, models.base, sets)
    share = _share(certificate, models, sets, effort)
    for name in JUDGED:
        count = sets[name].count
        order = effort.draw.order(name, count)
        computed = effort.samples or max(FEWEST, int(share * count))
        rows = sorted(order[: min(count, computed)])
        whole = CheckedSamples(
            name=name, entry=certificate["sets"][name], models=models, task=task,
            samples=sets[name].take(rows), rows=tuple(rows), fast=True,
        )  # fmt: skip
        drawn = effort.draw.order(f"{name} plain", len(rows))[: _plain_count(models.base)]
        yield whole, CheckedSamples.of(whole, sorted(drawn), fast=False)


def _plain_count(graph: Graph) -> int:
    return max(FEWEST_PLAIN, PLAIN_BUDGET // max(multiplications(graph), 1))


def _share(
    certificate: Mapping[str, Any],
    models: CheckedModels,
    sets: Mapping[str, SampleSet],
    effort: CheckEffort,
) -> float:
    """The share of the samples that the time allows, by the time that some of them take."""
    if effort.samples is not None or effort.everything:
        return 1.0
    name = JUDGED[-1]
    order, total = effort.draw.order("time", sets[name].count), sum(sets[n].count for n in JUDGED)
    for count in FIRST:
        rows = sorted(order[:count])
        first = CheckedSamples(
            name=name, entry=certificate["sets"][name], models=models,
            task=task_of(certificate, models.base, sets),
            samples=sets[name].take(rows), rows=tuple(rows), fast=True,
        )  # fmt: skip
        begin = perf_counter()
        check_figures(first)
        taken = perf_counter() - begin
        share = effort.seconds / max(taken / len(rows) * total, 1e-9)
        if share >= 1 or taken > QUICK:
            break
    return min(1.0, share)
