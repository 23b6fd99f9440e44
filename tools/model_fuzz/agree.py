"""Two evaluations that share no code give the same bytes and shapes."""

from __future__ import annotations

import numpy as np

from mendlite.checker.evaluate import evaluate
from mendlite.checker.graph import Graph, keeps_state
from mendlite.model.graph import Model
from mendlite.model.tensor import DType
from model_fuzz.inputs import FRAMES
from model_fuzz.subject import DifferenceError, Subject

COPIES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "PAD", "DEQUANTIZE", "QUANTIZE"})
"""Operators whose float values both sides compute exactly."""


def exact_tensors(model: Model) -> set[int]:
    """Computed tensors that no float arithmetic has touched: their bytes must agree."""
    found = set(model.inputs) | {t.index for t in model.tensors if t.buffer is not None} | {-1}
    for operator in model.operators:
        kinds = {model.tensors[t].dtype for t in (*operator.inputs, *operator.outputs) if t >= 0}
        if set(operator.inputs) <= found and (DType.FLOAT32 not in kinds or operator.op in COPIES):
            found |= set(operator.outputs[:1])
    return found


def evaluate_checker(subject: Subject, graph: Graph) -> None:
    """Run the checker's evaluator; raises DifferenceError where the runner gave other values."""
    wanted = sorted(subject.values) or list(graph.outputs)
    inputs = subject.inputs or []
    if keeps_state(graph):
        inputs = [x.reshape(len(x) // FRAMES, FRAMES, *x.shape[1:]) for x in inputs]
    found = evaluate(graph, subject.profile.value, inputs, wanted)
    exact = exact_tensors(subject.parsed)
    for tensor in wanted:
        ours = subject.values.get(tensor)
        if ours is None or tensor not in exact:
            continue
        theirs = np.asarray(found[tensor])
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
            raise DifferenceError(
                f"tensor {tensor}: runner {ours.dtype}{list(ours.shape)}, checker "
                f"{theirs.dtype}{list(theirs.shape)}"
            )
        if ours.tobytes() != theirs.tobytes():
            writer = subject.parsed.producer(tensor)
            raise DifferenceError(f"{writer.op if writer else 'input'}: other values")
