"""The strategy ``search``: QNNRepair's own loop over layers, metrics and numbers of neurons.

Each trial repairs the file as it came (Song et al. 2023), fewest neurons first, until the
requirement holds on the selection samples or the budget ends. The best trial is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from time import monotonic

from mendlite.analysis.localization import Localized
from mendlite.case.case import Case
from mendlite.case.gate import Gate
from mendlite.measure.score import Score
from mendlite.model.graph import Model
from mendlite.model.spectra import Metric
from mendlite.repair.engine.accept import Progression, Proposal, steps_of_all
from mendlite.repair.engine.context import Plan
from mendlite.repair.moves.qnnrepair import default_layers, localize_paper, propose_qnnrepair
from mendlite.repair.settings import Settings, chosen_layers

COUNTS = (1, 5, 10, 100, 2**30)
"""The paper's numbers of neurons; the last is all of them."""

SECONDS = 600.0
"""The budget, where no --time-limit says otherwise."""

METRICS = tuple(metric for metric in Metric if metric is not Metric.RANDOM)


def holds(gate: Gate, score: Score, teacher: float | None) -> bool:
    """Whether the requirement holds on the selection samples.

    It is the gate's ``max_failing_share`` and ``max_accuracy_drop`` (against ``teacher``, the
    float model's accuracy); without either, that no test fails.
    """
    if gate.max_failing_share is None and gate.max_accuracy_drop is None:
        return score.failing == 0
    share = gate.max_failing_share
    if share is not None and score.failing > share * score.samples:
        return False
    found, drop = score.quality.accuracy, gate.max_accuracy_drop
    return drop is None or teacher is None or found is None or teacher - found <= drop


def search(plan: Plan, start: Progression) -> Progression:
    """Trials from ``start``; the best one, with the steps of all and what the loop ended with."""
    case = plan.base
    teacher = case.task.quality(plan.evaluator.teacher, plan.evaluator.samples.labels).accuracy
    budget = plan.settings.time_limit or SECONDS
    tried: list[Progression] = []
    best, ended = start, "all was tried"
    known: dict[tuple[str, ...], Localized] = {}
    for name, settings in _trials(case, plan.settings):
        if holds(case.gate, best.score, teacher):
            ended = "the requirement holds"
            break
        if monotonic() - plan.begun > budget:
            ended = f"the budget of {budget:g} s is spent"
            break
        layers = settings.layers or ()
        if layers not in known:
            known[layers] = localize_paper(case, settings, start.model)
        found = plan.take(start, name, partial(_propose, settings, known[layers]))
        tried.append(found)
        best = found if found.score.better_than(best.score) else best
    note = f"search: {len(tried)} trials, {ended}"
    chosen = best if best is not start else None
    neurons = tuple(n for one in tried for n in one.neurons[len(start.neurons) :])
    return replace(
        best,
        steps=steps_of_all(start, tried, chosen),
        neurons=(*start.neurons, *neurons),
        notes=(*start.notes, note),
    )


def _trials(case: Case, settings: Settings) -> Iterator[tuple[str, Settings]]:
    """Fewest neurons first, then layers from the last, then metrics; what is set stays set."""
    model = case.quantized
    positions = chosen_layers(model, settings.layers or default_layers(model))
    layers = [model.layers[position] for position in reversed(positions)]
    counts = [settings.neurons] if settings.neurons else [*COUNTS]
    done: set[tuple[int, int]] = set()
    for layer, count in ((layer, count) for count in counts for layer in layers):
        number = min(count, layer.channels)
        if (layer.position, number) in done:
            continue
        done.add((layer.position, number))
        # All neurons are the same ones by any metric.
        for metric in METRICS if number < layer.channels else METRICS[:1]:
            name = f"{metric.value}, {number} of layer {layer.position}"
            yield (
                name,
                replace(settings, layers=(str(layer.position),), metric=metric, neurons=number),
            )


def _propose(settings: Settings, localized: Localized, case: Case, model: Model) -> Proposal:
    return propose_qnnrepair(case, settings, model, localized)
