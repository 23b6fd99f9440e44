"""What `mendlite certify` proved over a box, tried on inputs of the box.

It is not proved again; but a bound that a single input leaves is false, and the checker's own
evaluator tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.checker.evaluate import evaluate
from mendlite.checker.figures import NEAR
from mendlite.checker.graph import Graph
from mendlite.checker.tasks import judged_tensors, real_heads
from mendlite.errors import ClaimError

TRIED = 64
"""Inputs of the box, its two ends among them."""

KIND = "classification"
"""Bounds are those of logits: what the last softmax reads."""


def check_bounds(
    bounds: Mapping[str, Any], graphs: Mapping[str, Graph | None], profile: str, seed: str
) -> str:
    """Hold the bounds of the second network less the first against inputs of the box.

    ``graphs`` are by the names that ``bounds["compared"]`` uses (None: not here). Raises
    ClaimError where an input leaves them.
    """
    first, second = (graphs[name] for name in bounds["compared"])
    words = f"bounds ({bounds['property']}, {bounds['region']}): {bounds['verdict']}"
    if first is None or second is None:
        return f"{words}; not tried, as not all its models are here"
    stored = _inputs(bounds, seed)
    apart = _outputs(second, profile, stored, second) - _outputs(first, profile, stored, second)
    room = NEAR * float(np.ptp(apart)) if _is_float(first) else 0.0
    for bound in bounds["outputs"]:
        found = apart[:, bound["output"]]
        if found.min() < bound["lower"] - room or found.max() > bound["upper"] + room:
            raise ClaimError(
                f"the certified bounds of output {bound['output']}, {bound['lower']:g} to "
                f"{bound['upper']:g}, are left by an input of their own box: {found.min():g} to "
                f"{found.max():g}"
            )
    return f"{words}; not proved again, but {len(stored)} inputs of the box keep to it"


def _inputs(bounds: Mapping[str, Any], seed: str) -> NDArray[np.int64]:
    """The box's two ends and a draw from within, i64[n, K]; the draw follows from the digest."""
    low, high = (np.array(bounds[end], np.int64) for end in ("low", "high"))
    if low.shape != high.shape or low.ndim != 1 or np.any(low > high):
        raise ClaimError("the certified box is none: its ends do not belong together")
    draw = Random(seed)  # noqa: S311 - no secret
    rows = [low, high] + [
        np.array([draw.randint(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True)])
        for _ in range(TRIED - 2)
    ]
    return np.stack(rows)


def _is_float(graph: Graph) -> bool:
    return str(graph.tensors[graph.inputs[0]].dtype) == "float32"


def _outputs(
    graph: Graph, profile: str, stored: NDArray[np.int64], quantized: Graph
) -> NDArray[np.float64]:
    """Real logits f64[n, N] at stored inputs of the ``quantized`` graph."""
    entry, own = graph.tensors[graph.inputs[0]], quantized.tensors[quantized.inputs[0]]
    if stored.shape[1] != int(np.prod(own.shape[1:])):
        raise ClaimError("the certified box has another size than the model's input")
    inputs = stored.reshape(len(stored), *entry.shape[1:])
    if _is_float(graph):
        given: NDArray[Any] = ((inputs - own.zero) * own.scale).astype(np.float32)
    else:
        given = inputs.astype(np.int8)
    tensors = judged_tensors(graph, KIND)
    values = evaluate(graph, profile, [given], tensors)
    return real_heads(graph, tensors, values)[0].reshape(len(stored), -1)
