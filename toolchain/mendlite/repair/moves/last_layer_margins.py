"""The move ``margins``: few bytes of the last dense layer that fix failing tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.margins import (
    ClassMargins,
    ErrorBounds,
    LastLayer,
    Violation,
    repair_margins,
)
from mendlite.case.case import Case
from mendlite.case.evaluate import evaluate_on_host
from mendlite.errors import ClaimError
from mendlite.measure.autoencoder import Autoencoder
from mendlite.measure.classification import predictions
from mendlite.measure.outputs import Outputs
from mendlite.measure.regression import Regression
from mendlite.measure.task import OF_CLASSES
from mendlite.model.graph import Layer, Model
from mendlite.model.layer_values import accumulator_unit, stored_weights
from mendlite.model.repair_options import PatchBudget
from mendlite.repair.edits import Edit
from mendlite.repair.engine.context import RepairContext
from mendlite.repair.engine.statistics import Statistic
from mendlite.repair.facts import Facts
from mendlite.repair.layers.last_dense import read_dense
from mendlite.repair.move import Move, Proposal
from mendlite.repair.needs import Need, last_dense_layer
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.layers import make_requantizer
from mendlite.tflite.edits import data_edit
from mendlite.tflite.logits import real_values
from mendlite.tflite.patched import patched

PRICES = (100.0, 1e4, 1e6)
"""Weights of a passing test's violation against a failing one's, tried in this order."""

KINDS = (*OF_CLASSES, "regression", "autoencoder")
"""Tasks whose failing tests are inequalities of single outputs."""

TURNS = 400
"""Most changes; what is left after so many is not for the last layer to fix."""


@dataclass(frozen=True)
class LastLayerMargins(Move):
    """Change single weights and biases of the last dense layer, the most use a byte first.

    Passing tests are hard: the first of ``prices`` (the weight of a passing test's violation
    against a failing one's) whose repair loses none is proposed. A low price leaves the search room
    on its way.
    """

    prices: tuple[float, ...] = PRICES

    name = "margins"
    needs = frozenset({Need.EDITABLE_LAYERS, Need.OWN_WEIGHTS, Need.LAST_DENSE_LAYER})
    edits = frozenset({Edit.WEIGHTS, Edit.BIASES})
    statistics = frozenset({Statistic.TEACHER_OUTPUTS})
    keeps_budget = True

    def why_not(self, facts: Facts) -> str | None:
        """As ``Move``; tasks whose tests are no inequalities of single outputs have no margins."""
        reason, kind = super().why_not(facts), facts.case.task.kind
        if reason is not None:
            return reason
        layer = last_dense_layer(facts)
        if layer is not None and layer.number not in facts.layers:
            return f"`layers` leaves out the last dense layer, {layer.number}"
        return None if kind in KINDS else f"not for {kind}"

    def propose(self, context: RepairContext, budget: PatchBudget) -> Proposal:
        """Fix failing repair samples on the last layer and lose none that passes."""
        search = _Search.of(context)
        for price in self.prices:
            candidate = search.candidate(price, budget.least)
            if not candidate.regressed or context.case.task.kind not in OF_CLASSES:
                note = (
                    f"margins: {int(search.failed.sum())} -> {candidate.failing} of "
                    f"{search.failed.size} repair samples fail ({candidate.regressed} regressed)"
                )
                return Proposal(model=candidate.model, notes=(note,))
        passing = int((~search.failed).sum())
        note = f"margins: no change was found that keeps all {passing} passing tests"
        return Proposal(model=context.model, notes=(note,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A model, how many repair samples fail with it, and how many of them passed before."""

    model: Model
    failing: int
    regressed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """The last layer of ``model`` on the repair samples; ``failed`` bool[n] are failing tests."""

    case: Case
    model: Model
    layer: Layer
    system: LastLayer
    teacher: Outputs
    failed: NDArray[np.bool_]

    @staticmethod
    def of(context: RepairContext) -> _Search:
        """Replay the model once; raises ClaimError without a last dense layer."""
        case, model, layer = context.case, context.model, last_dense_layer(context)
        if layer is None:
            raise ClaimError("margins: there is no last dense layer")
        samples = case.sets.repair
        teacher = context.statistics.teacher_outputs(case, samples)
        return _Search(
            case=case,
            model=model,
            layer=layer,
            system=_system(case, model, layer),
            teacher=teacher,
            failed=case.task.failing(teacher, evaluate_on_host(case, model, samples)),
        )

    def candidate(self, price: float, limit: int | None) -> _Candidate:
        """The repair at one price; ``limit`` bounds the bytes that may change."""
        model, layer = self.model, self.layer
        step = model.tensors[layer.output].scale
        violation = _violation(self.case, self.teacher, np.where(self.failed, 1.0, price), step)
        repair = repair_margins(self.system, violation, TURNS, limit)
        edits = [data_edit(model, layer.weights, stored_weights(model, layer, repair.weights))]
        if repair.bias is not None and layer.bias is not None:
            kind = model.tensors[layer.bias].constant().dtype
            edits.append(data_edit(model, layer.bias, repair.bias.astype(kind)))
        repaired = patched(model, edits)
        fails = self.case.task.failing(self.teacher, _check(self.case, repaired, layer, repair))
        return _Candidate(
            model=repaired,
            failing=int(fails.sum()),
            regressed=int((fails & ~self.failed).sum()),
        )


def _system(case: Case, model: Model, layer: Layer) -> LastLayer:
    """The layer's rows and integers on the repair samples, in steps of its output."""
    dense = read_dense(case, model, layer, case.sets.repair)
    return LastLayer(
        rows=dense.rows,
        weights=dense.weights,
        bias=dense.bias,
        unit=accumulator_unit(model, layer) / model.tensors[layer.output].scale,
        weight_range=model.tensors[layer.weights].weight_range,
    )


def _violation(case: Case, teacher: Outputs, weight: NDArray[np.float64], step: float) -> Violation:
    if isinstance(case.task, Regression):
        return ErrorBounds(target=teacher.values / step, tolerance=case.task.tolerance / step)
    if isinstance(case.task, Autoencoder):
        return ErrorBounds(target=teacher.values / step, tolerance=1.0)
    return ClassMargins(required=predictions(teacher.values), weight=weight)


def _check(case: Case, model: Model, layer: Layer, claimed: LastLayer) -> Outputs:
    """The compared values of the patched file; raises ClaimError unless the layer writes them.

    Replayed from the file's own bytes by the host's kernels, with any runner: the claim is about
    their arithmetic, and is compared with the claimed integers times the rows.
    """
    outputs = evaluate_on_host(case, model, case.sets.repair)
    acc = claimed.rows @ claimed.weights.T
    acc += 0 if claimed.bias is None else claimed.bias
    quantizer = make_requantizer(prepare(model, case.profile).context(layer.index))
    channels = np.broadcast_to(np.arange(layer.channels), acc.shape).reshape(-1)
    exact = quantizer.exact(acc.reshape(-1), channels).reshape(acc.shape)
    real = real_values(model, layer.output, exact)
    if not np.array_equal(real, outputs.values.reshape(real.shape)):
        raise ClaimError(f"layer {layer.number} '{layer.name}': the file's outputs differ")
    return outputs
