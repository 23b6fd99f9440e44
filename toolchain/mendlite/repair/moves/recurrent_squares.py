"""The move ``recurrent``: least squares of LSTMs and SVDFs, each step of each sample a row."""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.algorithms.least_squares import LeastSquaresOptions
from mendlite.model.repair_options import PatchBudget
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.facts import Facts
from mendlite.repair.layers.lstm_squares import lstm_pairs, solved_lstm
from mendlite.repair.layers.svdf_squares import solved_svdf, svdf_pairs
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need


@dataclass(frozen=True)
class RecurrentSquares(Move):
    """Gate weights, recurrent weights and biases of each LSTM, weights and biases of each SVDF.

    Front to back.
    """

    name = "recurrent"
    needs = frozenset({Need.FLOAT_MODEL})
    edits = frozenset({Edit.WEIGHTS, Edit.BIASES})

    def why_not(self, facts: Facts) -> str | None:
        """As ``Move``; where none has a float twin, or only some layers may be edited."""
        reason = super().why_not(facts)
        if reason is not None:
            return reason
        if facts.options.scope.layers is not None:
            return "LSTMs and SVDFs stay as they are where only some layers may be edited"
        found = any(lstm_pairs(facts)) or any(svdf_pairs(facts))
        return None if found else "no LSTM or SVDF of integer weights has a float twin"

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:  # noqa: ARG002
        """Every LSTM and SVDF solved, behind those before it."""
        model, notes = context.model, list[str]()
        options = LeastSquaresOptions.for_samples(context.case.sets.repair.count)
        gates = {own.operator.index: (real, own) for real, own in lstm_pairs(context)}
        frames = {own.operator.index: (real, own) for real, own in svdf_pairs(context)}
        for index in sorted({*gates, *frames}):
            if index in gates:
                model, share = solved_lstm(context, model, *gates[index], options)
                what = "the gates' sums"
            else:
                model, share = solved_svdf(context, model, *frames[index], options)
                what = "its units"
            notes.append(
                f"recurrent: operator {index}: squared error of {what} {share:.3g} of what it was"
            )
        return Proposal(model=model, notes=tuple(notes))
