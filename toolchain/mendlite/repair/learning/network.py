"""A quantized network with trial constants: its outputs in exact integers, and slopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.arith.slopes import Slopes
from mendlite.repair.learning.operator_slopes import Backward
from mendlite.repair.learning.registry import SLOPES
from mendlite.repair.learning.route import Route
from mendlite.replay.reference.execute import PreparedModel, run_operators

Values = dict[int, NDArray[Any]]
Constants = Mapping[int, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialNetwork:
    """The network with certain constants; ``backward`` are its operators' functions by index."""

    program: PreparedModel
    route: Route
    evaluated: tuple[int, ...]
    backward: Mapping[int, Backward]

    @staticmethod
    def of(program: PreparedModel, route: Route, evaluated: tuple[int, ...]) -> TrialNetwork:
        """The network as its file holds it."""
        return TrialNetwork(
            program=program,
            route=route,
            evaluated=evaluated,
            backward=_prepared(program, route, {}),
        )

    def with_constants(self, constants: Constants) -> TrialNetwork:
        """The same network with other numbers in constants that the route seeks."""
        program = self.program.with_constants(constants)
        kept = {
            operator.index: self.backward[operator.index]
            for operator, _ in self.route.stops
            if not self.route.sought.intersection(operator.inputs)
        }
        return TrialNetwork(
            program=program,
            route=self.route,
            evaluated=self.evaluated,
            backward=_prepared(program, self.route, kept),
        )

    def forward(self, inputs: Values) -> Values:
        """All tensors that the route reads, by the reference kernels."""
        values = dict(inputs)
        ends = set(self.evaluated)
        last = max(o.index for o in self.program.model.operators if ends & set(o.outputs))
        kept = ends | {t for o, _ in self.route.stops for t in (*o.inputs, *o.outputs)}
        run_operators(self.program, values, range(last + 1), kept)
        return values

    def slopes_by_tensor(self, values: Values, slopes: Slopes) -> dict[int, Slopes]:
        """Slopes [n, M] by n tests' evaluated values, side by side, as the tensors hold them."""
        sizes = np.cumsum([values[t].size // len(slopes) for t in self.evaluated])
        parts = np.split(slopes, sizes[:-1], axis=1)
        pairs = zip(self.evaluated, parts, strict=True)
        return {t: part.reshape(values[t].shape) for t, part in pairs}

    def back(self, values: Values, slopes: Mapping[int, Slopes]) -> dict[int, NDArray[Any]]:
        """Slopes of what the route seeks, from those of the evaluated tensors.

        f64 of constants, by a step of the stored number; f32 of activations, by their real value.
        """
        model, pending = self.program.model, dict(slopes)
        found: dict[int, NDArray[Any]] = {}
        for operator, _ in reversed(self.route.stops):
            own = pending.pop(operator.outputs[0], None)
            if own is None:
                continue
            if operator.outputs[0] in self.route.sought:
                found[operator.outputs[0]] = own
            inputs = [_input(model, t, values) for t in operator.inputs]
            parts = self.backward[operator.index](inputs, values[operator.outputs[0]], own)
            for slot, part in parts.items():
                tensor = operator.inputs[slot]
                pending[tensor] = pending[tensor] + part if tensor in pending else part
        return found | {t: pending[t] for t in self.route.sought if t in pending}


def _input(model: Any, tensor: int, values: Values) -> NDArray[Any]:
    if tensor in values:
        return values[tensor]
    data = model.tensors[tensor].data if tensor >= 0 else None
    return np.zeros(0, np.int8) if data is None else data


def _prepared(
    program: PreparedModel, route: Route, kept: Mapping[int, Backward]
) -> dict[int, Backward]:
    return {
        operator.index: kept[operator.index]
        if operator.index in kept
        else SLOPES[operator.op](program.context(operator.index), slots)
        for operator, slots in route.stops
    }
