"""The samples that a repair fixed, left failing and broke, with what each model gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.details.numbers import short
from mendlite.analysis.details.results import Results, results
from mendlite.analysis.details.views import Limits, limits_of, view_of
from mendlite.case.validation import Evaluated
from mendlite.model.report_details import SampleGroup, ShownOutput, ShownSample
from mendlite.model.samples import Samples

MOST = 12
"""Samples of a group that are shown."""

INPUTS = 3
"""Inputs of a sample that are shown."""

OUTPUTS = 5
"""Values of a sample that are shown: those that are largest in any of the models."""

LEAST = 0.005
"""Largest probability of any model from which a class is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What the samples are shown from."""

    samples: Samples
    limits: tuple[Limits, ...]
    models: tuple[Results, Results, Results]


def sample_groups(evaluated: Evaluated) -> tuple[SampleGroup, ...]:
    """The groups fixed, failing and regressed of the validation samples."""
    evaluator = evaluated.evaluator
    was, now = evaluator.score(evaluated.before), evaluator.score(evaluated.after)
    models = [
        results(evaluator.case, each)
        for each in (evaluator.teacher, evaluated.before, evaluated.after)
    ]
    source = _Source(
        samples=evaluator.tests,
        limits=tuple(limits_of(raw) for raw in evaluator.tests.raw[:INPUTS]),
        models=(models[0], models[1], models[2]),
    )
    chosen = (
        ("fixed", was.failed & ~now.failed, was.losses),
        ("failing", was.failed & now.failed, now.losses),
        ("regressed", ~was.failed & now.failed, now.losses),
    )
    return tuple(_group(source, outcome, mask, losses) for outcome, mask, losses in chosen)


def _group(
    source: _Source, outcome: str, mask: NDArray[np.bool_], losses: NDArray[np.float64]
) -> SampleGroup:
    places = np.flatnonzero(mask)
    worst = places[np.argsort(-losses[places], kind="stable")][:MOST]
    return SampleGroup(
        outcome=outcome,
        total=int(places.size),
        samples=tuple(_shown(source, int(place)) for place in worst),
    )


def _shown(source: _Source, place: int) -> ShownSample:
    samples, (teacher, before, after) = source.samples, source.models
    views = zip(samples.raw, source.limits, strict=False)
    return ShownSample(
        source=samples.source,
        row=int(samples.rows[place]),
        label=_label(samples, teacher.names, place),
        float=teacher.words(place),
        before=before.words(place),
        after=after.words(place),
        views=tuple(view_of(raw[place], limits) for raw, limits in views),
        outputs=_outputs(source.models, place),
        values=len(teacher.names),
    )


def _label(samples: Samples, names: Sequence[str], place: int) -> str:
    """A class's name, or the label's values; empty without a label."""
    if samples.labels is None:
        return ""
    label = np.asarray(samples.labels[place]).reshape(-1)
    if label.size == 1 and label.dtype.kind in "iu" and len(names) > 1:
        number = int(label[0])
        return names[number] if 0 <= number < len(names) else str(number)
    return ", ".join(f"{value:.4g}" for value in label[:4]) + (", …" if label.size > 4 else "")


def _outputs(models: tuple[Results, Results, Results], place: int) -> tuple[ShownOutput, ...]:
    """The values that are largest in any of the models, in their order."""
    rows = np.nan_to_num(np.stack([model.values[place] for model in models]))
    tops = rows.max(axis=0)
    largest = np.argsort(-tops, kind="stable")[:OUTPUTS]
    if models[0].shares:
        largest = largest[tops[largest] >= LEAST]
    names = models[0].names
    return tuple(
        ShownOutput(
            name=names[v],
            float=short(rows[0, v]),
            before=short(rows[1, v]),
            after=short(rows[2, v]),
        )
        for v in sorted(largest.tolist())
    )
