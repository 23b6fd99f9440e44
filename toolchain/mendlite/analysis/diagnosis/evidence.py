"""What the findings are made from: replays of one set of samples, each made once.

A float model that itself has int8 weights is followed in float32, as by ``analyze``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from mendlite.analysis.diagnosis.float_values import FloatValues, measure, replayed_tensors
from mendlite.analysis.diagnosis.scale_ranges import ScaleRange, scale_ranges
from mendlite.analysis.fake_quant import FakeQuant, Rounding, rounding_of, with_int8_weights
from mendlite.analysis.noise_budget import cost_of, frozen_parameters, roundings_of_pairs
from mendlite.case.affordable import affordable, within
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator, evaluate_on_host
from mendlite.case.preprocess import real_input
from mendlite.case.recipe import Teacher
from mendlite.case.tasks import evaluated_tensors
from mendlite.measure.outputs import Outputs
from mendlite.model.cost import Cost
from mendlite.model.graph import Layer, Model
from mendlite.model.interface import NEITHER, MayEdit
from mendlite.model.samples import Samples
from mendlite.pairing.float32_twin import in_float32
from mendlite.pairing.layers import LayerPair
from mendlite.pairing.tensors import pair_operators
from mendlite.reading.limited import shown
from mendlite.replay.registry import make_runner

SAMPLES = 128
"""Repair samples that are examined at most."""

FAILS = 0.05
"""Share of failing tests from which a file's loss counts, even where no single part makes one fail:
the loss of a healthy file is small and consists of such parts."""

SHARE = 0.1
"""Share of the int8 file's loss, or of its failing tests, from which a cost is worth a sentence."""


@dataclass(frozen=True)
class Evidence:
    """A case and the samples on which it is examined."""

    case: Case
    samples: Samples

    @staticmethod
    def of(case: Case, time_limit: float | None = None) -> Evidence:
        """At most SAMPLES of the repair samples, fewer of a large network or in little time."""
        if case.float_model is not None:
            # Whatever teaches the repair: what quantization costs is the distance from float.
            recipe = structs.replace(case.recipe, teacher="float")
            case = replace(case, float_model=in_float32(case.float_model), recipe=recipe)
        model = case.quantized
        fewest, multiplied = within(time_limit)
        most, fewest = (-(-rows // model.frames) for rows in (SAMPLES, fewest))
        count = affordable(model, most, fewest, multiplied)
        return Evidence(case=case, samples=case.sets.repair.some(count))

    def with_teacher(self, teacher: Teacher) -> Case:
        """The case with another teacher."""
        return replace(self.case, recipe=structs.replace(self.case.recipe, teacher=teacher))

    @property
    def model(self) -> Model:
        """The int8 model."""
        return self.case.quantized

    @cached_property
    def evaluator(self) -> Evaluator:
        """The teacher's outputs."""
        return Evaluator.of(self.case, self.samples)

    @cached_property
    def outputs(self) -> Outputs:
        """The int8 file's outputs on our own kernels."""
        return evaluate_on_host(self.case, self.model, self.samples)

    @cached_property
    def total(self) -> Cost:
        """What the int8 file costs as it is."""
        return self.cost_of_outputs(self.outputs)

    @cached_property
    def real_inputs(self) -> dict[int, NDArray[np.float32]]:
        """The samples' real values (n, ...) of the quantized inputs, as float gets them."""
        rules = zip(self.model.inputs, self.case.recipe.inputs, self.samples.raw, strict=True)
        return {t: real_input(rule, raw) for t, rule, raw in rules if t in self.inputs}

    @cached_property
    def twins(self) -> dict[int, tuple[int, FakeQuant]]:
        """By the int8 file's tensor: its float twin and its rounding; empty without float."""
        if self.case.float_model is None:
            return {}
        return {**self._parts_of_concatenations(), **roundings_of_pairs(self.case)}

    def _parts_of_concatenations(self) -> dict[int, tuple[int, FakeQuant]]:
        """Their inputs: a converter may put a QUANTIZE before one, which float has no twin of."""
        pairs = pair_operators(self.case.reference, self.model)
        ends = [(b.inputs, a.inputs) for a, b in pairs if a.op == "CONCATENATION"]
        both = [(t, twin) for ours, theirs in ends for t, twin in zip(ours, theirs, strict=False)]
        twins = {t: (twin, rounding_of(self.model, t)) for t, twin in both}
        constants = {t.index for t in self.case.reference.tensors if t.buffer is not None}
        return {t: (f, r) for t, (f, r) in twins.items() if r is not None and f not in constants}

    @cached_property
    def inputs(self) -> dict[int, FakeQuant]:
        """The quantized inputs of the graph and their roundings."""
        roundings = {t: rounding_of(self.model, t) for t in self.model.inputs}
        return {t: rounding for t, rounding in roundings.items() if rounding is not None}

    @cached_property
    def values(self) -> dict[int, FloatValues]:
        """Float's values of every paired tensor, from one replay."""
        if self.case.float_model is None:
            return {}
        model, inputs = self.case.reference, self.case.float_inputs(self.samples)
        given = dict(zip(model.inputs, inputs, strict=True))
        inner = replayed_tensors(self.twins, model.inputs)
        at_ends = {t: pair for t, pair in self.twins.items() if t not in inner}
        runner = make_runner("reference", model, self.case.profile)
        needed = sorted({twin for twin, _ in inner.values()})
        slices = runner.run(inputs, needed) if needed else ()
        return measure([given], at_ends) | measure(slices, inner)

    @cached_property
    def fixed(self) -> tuple[int, ...]:
        """The paired tensors whose parameters must stay: the ends of the graph among them."""
        return self.fixed_under(NEITHER)

    def fixed_under(self, may: MayEdit) -> tuple[int, ...]:
        """Those that must stay where ``may`` is the permission for the ends of the graph."""
        frozen = frozen_parameters(self.model, may)
        return tuple(t for t in self.twins if frozen.get(t, "not int8"))

    @cached_property
    def ranges(self) -> tuple[ScaleRange, ...]:
        """The file's activation ranges, each of the tensors that share it, with float's values."""
        return scale_ranges(self.model, self.values)

    def cost_of_rounding(self, rounded: Mapping[int, Rounding]) -> Cost | None:
        """What it costs to round these tensors, by the int8 file's numbers, in the float model.

        None where there is no float model, or where one of them has no twin in it.
        """
        if not rounded or not rounded.keys() <= self.twins.keys():
            return None
        twins = {self.twins[t][0]: rounding for t, rounding in rounded.items()}
        return cost_of(self.evaluator, self.case.reference, twins)

    @cached_property
    def _range_costs(self) -> dict[frozenset[int], Cost | None]:
        """What was measured by ``cost_of_ranges``: several kinds look at the same tensors."""
        return {}

    def cost_of_ranges(self, tensors: Iterable[int]) -> Cost | None:
        """What the int8 file's ranges of these tensors cost in the float model; replayed once."""
        chosen = frozenset(t for t in tensors if t in self.twins)
        if chosen not in self._range_costs:
            rounded = {t: self.twins[t][1] for t in sorted(chosen)}
            self._range_costs[chosen] = self.cost_of_rounding(rounded)
        return self._range_costs[chosen]

    def cost_of_weights(self, layers: Collection[int]) -> Cost | None:
        """What the int8 weights and biases of these layers, by number, cost in the float model."""
        pairs = [pair for pair in self.case.pairs if pair.quantized.number in layers]
        if self.case.float_model is None or not pairs:
            return None
        return self.cost_of_model(with_int8_weights(self.case, pairs))

    def cost_of_model(self, model: Model) -> Cost:
        """What it costs to have another float model."""
        return cost_of(self.evaluator, model, {})

    def cost_of_outputs(self, outputs: Outputs) -> Cost:
        """What it costs to have these outputs."""
        scored = self.evaluator.score(outputs)
        return Cost(failing=scored.failing, loss=scored.loss)

    def matters(self, cost: Cost | None) -> bool:
        """Whether a cost is a part of the int8 file's that is worth a sentence.

        One that cannot be measured may be.
        """
        if cost is None:
            return True
        if cost.failing >= max(1, SHARE * self.total.failing):
            return True
        fails = self.total.failing >= FAILS * self.evaluator.tests.count
        return fails and cost.loss > 0 and cost.loss >= SHARE * self.total.loss

    @property
    def evaluated(self) -> tuple[int, ...]:
        """The int8 file's tensors whose values the task compares."""
        return evaluated_tensors(self.case.task, self.model)

    def pair(self, layer: Layer) -> LayerPair | None:
        """The layer with its float twin; None without a float model."""
        return next((p for p in self.case.pairs if p.quantized.number == layer.number), None)

    def layer(self, layer: Layer) -> str:
        """A layer for a sentence."""
        return f"layer {layer.number} '{shown(layer.name)}'"

    def tensor(self, number: int) -> str:
        """A tensor for a sentence."""
        kind = "tensor"
        if number in self.model.inputs:
            kind = "input"
        elif number in self.model.outputs:
            kind = "output"
        # A converter joins the names of all operators that it fused.
        name = self.model.tensors[number].name.split(";")[0]
        return f"{kind} {number} '{shown(name)}'"


def figures(low: float, high: float) -> str:
    """A range of values for a sentence."""
    return f"{low:.4g} ... {high:.4g}"


def times(factor: float) -> str:
    """A factor for a sentence: whole from 10 on."""
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.2g}"


def percent(share: float) -> str:
    """A share for a sentence."""
    return f"{100 * share:.0f} %" if share >= SHARE else f"{100 * share:.2g} %"
