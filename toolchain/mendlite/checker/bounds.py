"""What `mendlite certify` proved over a box, tried on inputs of the box.

It is not proved again; but a bound that a single input leaves is false, and the checker's own
evaluator shows. Its property and region are unchecked text, so they are printed in quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, prod
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.evaluate import evaluate_fast
from mendlite.checker.figures import NEAR
from mendlite.checker.graph import Graph, keeps_state
from mendlite.checker.tasks import judged_tensors, real_heads
from mendlite.checker.text import plain, shown
from mendlite.errors import ClaimError, NotVerifiedError

TRIED = 64
"""Inputs of the box, its two ends among them; half of the others are corners."""

MOST_BOUNDS = 64
"""Bounds in one certificate that are tried."""

VERDICTS = ("proved", "refuted", "undecided")

KIND = "classification"
"""Bounds are those of logits: what the last softmax reads."""


def check_bounds(
    bounds: Mapping[str, Any], graphs: Mapping[str, Graph | None], profile: str, seed: str
) -> str:
    """Hold the bounds of the second network less the first against inputs of the box.

    ``graphs`` are by the names that ``bounds["compared"]`` uses (None: not here). Raises
    ClaimError where an input leaves them, NotVerifiedError where they cannot be tried.
    """
    names = tuple(bounds["compared"])
    first, second = (graphs[name] for name in names)
    if bounds["verdict"] not in VERDICTS:
        raise NotVerifiedError(f"the verdict {plain(ascii(bounds['verdict']), 12)} is unknown")
    if not bounds["outputs"]:
        raise NotVerifiedError(f"{shown(bounds['property'])} bounds no output")
    if first is None or second is None:
        raise NotVerifiedError("not tested: not all their models are present")
    if any(map(keeps_state, (first, second))):
        raise NotVerifiedError("not tested: a model keeps values from frame to frame")
    _require_fits(bounds, second)
    _require_one_reading(first, second)
    stored = _inputs(bounds, seed)
    apart = _outputs(second, profile, stored, second) - _outputs(first, profile, stored, second)
    if not np.isfinite(apart).all():
        raise NotVerifiedError("a model's outputs over the box are not finite")
    tolerance = NEAR * float(np.ptp(apart)) if _is_float(first) else 0.0
    for bound in bounds["outputs"]:
        _check_bound(bound, apart, tolerance)
    return (
        f"bounds of {' and '.join(names)} on {len(bounds['outputs'])} of {apart.shape[1]} outputs: "
        f"{len(stored)} inputs of the box keep to it; claimed and NOT proved again: "
        f"{shown(bounds['property'])} over {shown(bounds['region'])}: {bounds['verdict']}"
    )


def _check_bound(bound: Mapping[str, Any], apart: NDArray[np.float64], tolerance: float) -> None:
    output, ends = bound["output"], (bound["lower"], bound["upper"])
    if type(output) is not int or not 0 <= output < apart.shape[1]:
        raise ClaimError(f"the certified output {shown(output)} does not exist")
    if not all(type(end) in {int, float} and isfinite(end) for end in ends):
        raise ClaimError(f"the certified bounds of output {output} are no numbers")
    errors = apart[:, output]
    if errors.min() < ends[0] - tolerance or errors.max() > ends[1] + tolerance:
        raise ClaimError(
            f"the certified bounds of output {output}, {ends[0]:g} to {ends[1]:g}, are left by an "
            f"input of their own box: {errors.min():g} to {errors.max():g}"
        )


def _require_one_reading(first: Graph, second: Graph) -> None:
    """Raise NotVerifiedError where equal stored inputs are other real ones to the first network."""
    views = [graph.tensors[graph.inputs[0]] for graph in (first, second)]
    if not _is_float(first) and (views[0].scale, views[0].zero) != (views[1].scale, views[1].zero):
        raise NotVerifiedError(
            "not tested: the two files read their input by other scales or zero-points"
        )


def _require_fits(bounds: Mapping[str, Any], graph: Graph) -> None:
    """Raise unless the box is one of stored inputs of the graph."""
    view = graph.tensors[graph.inputs[0]]
    ends = [bounds["low"], bounds["high"]]
    if not all(type(v) is int for end in ends for v in end):
        raise ClaimError("the certified box is none: an end is no integer")
    if {len(end) for end in ends} != {prod(view.shape[1:])}:
        raise ClaimError("the certified box has another size than the model's input")
    limits = np.iinfo(np.dtype(str(view.dtype)))
    if min(map(min, ends)) < limits.min or max(map(max, ends)) > limits.max:
        raise NotVerifiedError(f"the box lies outside the input's type, {view.dtype}")
    if any(a > b for a, b in zip(*ends, strict=True)):
        raise ClaimError("the certified box is none: its ends do not belong together")


def _inputs(bounds: Mapping[str, Any], seed: str) -> NDArray[np.int64]:
    """The box's two ends, corners and a draw from within, i64[n, K]; the draw is the checker's."""
    low, high = (np.array(bounds[end], np.int64) for end in ("low", "high"))
    draw = Random(seed)  # noqa: S311 - the seed is the secret
    rows = [low, high, *(_drawn(low, high, draw, corner=i % 2 == 0) for i in range(TRIED - 2))]
    return np.stack(rows)


def _drawn(
    low: NDArray[np.int64], high: NDArray[np.int64], draw: Random, *, corner: bool
) -> NDArray[np.int64]:
    pairs = zip(low.tolist(), high.tolist(), strict=True)
    return np.array([draw.choice(p) if corner else draw.randint(*p) for p in pairs], np.int64)


def _is_float(graph: Graph) -> bool:
    return str(graph.tensors[graph.inputs[0]].dtype) == "float32"


def _outputs(
    graph: Graph, profile: str, stored: NDArray[np.int64], quantized: Graph
) -> NDArray[np.float64]:
    """Real logits f64[n, N] at stored inputs of the ``quantized`` graph."""
    read, own = graph.tensors[graph.inputs[0]], quantized.tensors[quantized.inputs[0]]
    if stored.shape[1] != prod(read.shape[1:]):
        raise ClaimError("the certified box has another size than the model's input")
    inputs = stored.reshape(len(stored), *read.shape[1:])
    if _is_float(graph):
        given: NDArray[Any] = ((inputs - own.zero) * own.scale).astype(np.float32)
    else:
        given = inputs.astype(np.dtype(str(read.dtype)))
    tensors = judged_tensors(graph, KIND)
    with np.errstate(all="ignore"):
        values = evaluate_fast(graph, profile, [given], tensors)
    return real_heads(graph, tensors, values)[0].reshape(len(stored), -1)
