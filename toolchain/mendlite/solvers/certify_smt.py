"""Queries over exact dense networks in Z3: integers and rationals, no tolerance anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.certify.bounds.exact import ExactNetwork, IntegerLayer, RealLayer
from mendlite.certify.bounds.network import InputBox
from mendlite.certify.bounds.query import Form, Query
from mendlite.model.clock import TimeLimit
from mendlite.model.interruption import TimeIsUpError


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtAnswer:
    """``holds``: an input makes the query true (``input`` i64[K]); None without a result of Z3."""

    holds: bool | None
    input: NDArray[np.int64] | None = None


def ask(
    query: Query, networks: tuple[ExactNetwork, ExactNetwork], box: InputBox, limit: TimeLimit
) -> SmtAnswer:
    """Whether some input of the box makes ``query`` true, as far as it is found in time."""
    try:
        return _asked(query, networks, box, limit)
    except TimeIsUpError:
        return SmtAnswer(holds=None)


def _asked(
    query: Query, networks: tuple[ExactNetwork, ExactNetwork], box: InputBox, limit: TimeLimit
) -> SmtAnswer:
    limit.require()
    z3: Any = import_module("z3")
    solver = z3.Solver()
    x = [z3.Int(f"x{n}") for n in range(box.low.size)]
    for variable, low, high in zip(x, box.low, box.high, strict=True):
        solver.add(variable >= int(low), variable <= int(high))
    outputs = [_outputs(z3, network, x, box, limit) for network in networks]
    for form in (query.goal, *query.also):
        solver.add(_holds(z3, form, outputs))
    limit.require()
    solver.set("timeout", max(int(1000 * limit.left()), 1), "random_seed", 0)
    verdict = solver.check()
    if verdict == z3.unsat:
        return SmtAnswer(holds=False)
    if verdict != z3.sat:
        return SmtAnswer(holds=None)
    model = solver.model()
    values = [model.eval(v, model_completion=True).as_long() for v in x]
    return SmtAnswer(holds=True, input=np.array(values, np.int64))


def _number(z3: Any, value: float) -> Any:
    """A float's own value as a rational."""
    fraction = Fraction(float(value))
    return z3.Q(fraction.numerator, fraction.denominator)


def _holds(z3: Any, form: Form, outputs: list[list[Any]]) -> Any:
    terms = [
        _number(z3, weight) * value
        for weights, values in zip((form.on_first, form.on_second), outputs, strict=True)
        for weight, value in zip(weights, values, strict=True)
        if weight
    ]
    return z3.Sum(terms) >= _number(z3, form.least)


def _outputs(
    z3: Any, network: ExactNetwork, x: list[Any], box: InputBox, limit: TimeLimit
) -> list[Any]:
    """Real outputs as terms of the stored inputs."""
    if isinstance(network[0], IntegerLayer):
        span = box.low.astype(object), box.high.astype(object)
        values = x
        for layer in network:
            assert isinstance(layer, IntegerLayer)  # noqa: S101 - one type throughout
            values, span = _integer_layer(z3, layer, values, span, limit)
        last = network[-1]
        assert isinstance(last, IntegerLayer)  # noqa: S101
        scale = _number(z3, last.scale)
        return [scale * z3.ToReal(v - last.zero_point) for v in values]
    scale = _number(z3, box.scale)
    reals = [scale * z3.ToReal(v - box.zero_point) for v in x]
    for real in network:
        assert isinstance(real, RealLayer)  # noqa: S101 - one type throughout
        reals = [_real_neuron(z3, real, n, reals, limit) for n in range(len(real.bias))]
    return reals


def _integer_layer(
    z3: Any, layer: IntegerLayer, x: list[Any], span: tuple[Any, Any], limit: TimeLimit
) -> tuple[list[Any], tuple[Any, Any]]:
    """Outputs and their bounds: thresholds that the bounds decide need no condition."""
    low, high = (end - layer.input_zero for end in span)
    weights = layer.weights.astype(object)
    up, down = np.maximum(weights, 0), np.minimum(weights, 0)
    least = up @ low + down @ high + layer.bias
    most = up @ high + down @ low + layer.bias
    outputs, bottoms, tops = [], [], []
    for n, cuts in enumerate(layer.thresholds):
        limit.require()
        terms = [int(w) * (v - layer.input_zero) for w, v in zip(weights[n], x, strict=True) if w]
        acc = z3.Sum(terms) + int(layer.bias[n]) if terms else z3.IntVal(int(layer.bias[n]))
        base = layer.low + int((cuts <= least[n]).sum())
        open_cuts = cuts[(cuts > least[n]) & (cuts <= most[n])]
        steps = [z3.If(acc >= int(cut), 1, 0) for cut in open_cuts]
        outputs.append(z3.Sum([z3.IntVal(base), *steps]))
        bottoms.append(base)
        tops.append(base + len(steps))
    return outputs, (np.array(bottoms, object), np.array(tops, object))


def _real_neuron(z3: Any, layer: RealLayer, n: int, x: list[Any], limit: TimeLimit) -> Any:
    limit.require()
    terms = [_number(z3, w) * v for w, v in zip(layer.weights[n], x, strict=True) if w]
    total = z3.Sum([_number(z3, layer.bias[n]), *terms])
    if np.isfinite(layer.low):
        total = z3.If(total < _number(z3, layer.low), _number(z3, layer.low), total)
    if np.isfinite(layer.high):
        total = z3.If(total > _number(z3, layer.high), _number(z3, layer.high), total)
    return total
