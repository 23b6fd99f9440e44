"""The strategy ``search``: QNNRepair's own loop over layers, metrics and numbers of neurons.

Each trial repairs the base file (Song et al. 2023), fewest neurons first, until the
requirement holds on the selection samples or the time ends. The best trial is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mendlite.case.gate import Gate
from mendlite.measure.score import Score
from mendlite.model.spectra import Metric
from mendlite.repair.engine.accept import Engine
from mendlite.repair.engine.state import RepairState, steps_of_all
from mendlite.repair.facts import Facts
from mendlite.repair.layer_choice import chosen_layers
from mendlite.repair.move import Move
from mendlite.repair.moves.qnnrepair import QNNRepair, default_layers
from mendlite.repair.strategies.plan import PlanNode
from mendlite.repair.strategies.strategy import Strategy

COUNTS = (1, 5, 10, 100, 2**30)
"""The paper's numbers of neurons; the last is all of them."""

SECONDS = 600.0
"""The time of the search without a time limit."""

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
    accuracy, drop = score.quality.accuracy, gate.max_accuracy_drop
    return drop is None or teacher is None or accuracy is None or teacher - accuracy <= drop


@dataclass(frozen=True)
class BestTrial(PlanNode):
    """``qnnrepair`` with one layer, metric and number of neurons at a time; the best is kept."""

    def run(self, engine: Engine, state: RepairState) -> RepairState:
        """As ``PlanNode``; the report lists the trials of all and why the search ended."""
        best, ends, ended = state, list[RepairState](), "all was tried"
        for name, move in trials(engine.context(state)):
            stop = _stop(engine, best)
            if stop is not None:
                ended = stop
                break
            end = engine.attempt(state, move, name=name)
            ends.append(end)
            best = end if end.score.better_than(best.score) else best
        note = f"search: {len(ends)} trials, {ended}"
        neurons = tuple(n for end in ends for n in end.neurons[len(state.neurons) :])
        return replace(
            best,
            steps=steps_of_all(
                state, ends, best if best is not state else None, "another trial is better"
            ),
            neurons=(*state.neurons, *neurons),
            notes=(*state.notes, note),
        )

    def moves(self, facts: Facts | None = None) -> Iterator[Move]:  # noqa: ARG002 - the same
        """The move with the options' own layers, which stand for all trials."""
        yield QNNRepair()

    def most(self, facts: Facts) -> int:
        """As ``PlanNode``."""
        return sum(1 for _ in trials(facts))


def _stop(engine: Engine, best: RepairState) -> str | None:
    """Why no further trial is made; None where one is."""
    evaluator, limit = engine.evaluator, engine.options.time_limit or SECONDS
    teacher = engine.base.task.quality(evaluator.teacher, evaluator.tests.labels).accuracy
    if holds(engine.base.gate, best.score, teacher):
        return "the requirement holds"
    return f"the budget of {limit:g} s is spent" if engine.elapsed() > limit else None


def trials(facts: Facts) -> Iterator[tuple[str, QNNRepair]]:
    """Fewest neurons first, then layers from the last, then metrics; what is set stays set."""
    model, scope = facts.case.quantized, facts.options.scope
    numbers = chosen_layers(model, scope.layers or default_layers(model))
    layers = [model.layers[number] for number in reversed(numbers)]
    counts = [scope.neurons] if scope.neurons else [*COUNTS]
    done: set[tuple[int, int]] = set()
    for layer, count in ((layer, count) for count in counts for layer in layers):
        neurons = min(count, layer.channels)
        if (layer.number, neurons) in done:
            continue
        done.add((layer.number, neurons))
        # All neurons are the same ones by any metric.
        for metric in METRICS if neurons < layer.channels else METRICS[:1]:
            name = f"{metric.value}, {neurons} of layer {layer.number}"
            words = (str(layer.number),)
            yield name, QNNRepair(layers=words, metric=metric, neurons=neurons)


SEARCH = Strategy(
    name="search",
    summary="qnnrepair over layers, metrics and numbers of neurons until the gate holds",
    plan=BestTrial(),
)
