"""The move ``margins``: few bytes of the last dense layer that fix failing tests."""

from __future__ import annotations

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
from mendlite.case.evaluate import evaluate_on_host, teacher_outputs
from mendlite.case.tasks import evaluated_tensors
from mendlite.errors import ClaimError
from mendlite.measure.autoencoder import Autoencoder
from mendlite.measure.classification import predictions
from mendlite.measure.outputs import Outputs
from mendlite.measure.regression import Regression
from mendlite.model.graph import Layer, Model
from mendlite.model.tensor import DType
from mendlite.pairing.layers import weight_scale
from mendlite.repair.engine.accept import Proposal
from mendlite.replay.collect import collect
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.layers import make_requantizer
from mendlite.replay.registry import make_runner
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.edits import data_edit
from mendlite.tflite.logits import real_values
from mendlite.tflite.patched import patched

PRICES = (100.0, 1e4, 1e6)
"""Weight of a passing test's violation against a failing one's. The first whose repair loses no
passing test is taken: they are hard, and a low price leaves the search room on its way."""

TURNS = 400
"""Most changes; what is left after so many is not for the last layer to fix."""


def last_layer(case: Case, model: Model) -> Layer | None:
    """The dense layer that writes the judged values, if its integers may be edited."""
    evaluated = evaluated_tensors(case.task, model)
    for layer in model.layers:
        types = {model.tensors[layer.input].dtype, model.tensors[layer.output].dtype}
        if (
            evaluated == (layer.output,)
            and layer.op == "FULLY_CONNECTED"
            and layer.frozen is None
            and layer.bias_frozen is None
            and types == {DType.INT8}
            and not dead_channels(model, layer).any()
        ):
            return layer
    return None


def propose_margins(case: Case, model: Model, room: int | None = None) -> Proposal:
    """Fix failing repair samples on the last layer and lose none that passes.

    ``room`` bounds the bytes that may change.
    """
    layer = last_layer(case, model)
    if layer is None:
        return Proposal(
            model=model, notes=("margins: the judged values come from no int8 dense layer",)
        )
    samples = case.sets.repair
    runner = make_runner("reference", model, case.profile)
    stored = collect(runner, case.quantized_inputs(samples), [layer.input])[layer.input]
    entry = model.tensors[layer.input].quantization()
    step = float(model.tensors[layer.output].quantization().scale[0])
    bias = model.tensors[layer.bias].constant() if layer.bias is not None else None
    system = LastLayer(
        rows=stored.reshape(samples.count, -1).astype(np.int64) - int(entry.zero_point[0]),
        weights=model.tensors[layer.weights].constant().astype(np.int64),
        bias=None if bias is None else bias.reshape(-1).astype(np.int64),
        unit=float(entry.scale[0]) * weight_scale(model, layer) / step,
    )
    reference = teacher_outputs(case, samples)
    failed = case.task.failing(reference, evaluate_on_host(case, model, samples))
    for price in PRICES:
        violation = _violation(case, reference, np.where(failed, 1.0, price), step)
        if violation is None:
            return Proposal(model=model, notes=(f"margins: not for {case.task.kind}",))
        found = repair_margins(system, violation, TURNS, room)
        edits = [data_edit(model, layer.weights, found.weights.astype(np.int8))]
        if found.bias is not None and layer.bias is not None and bias is not None:
            edits.append(data_edit(model, layer.bias, found.bias.astype(bias.dtype)))
        repaired = patched(model, [edit for edit in edits if edit is not None])
        fails = case.task.failing(reference, _check(case, repaired, layer, found))
        regressed = int((fails & ~failed).sum())
        if not regressed or case.task.kind != "classification":
            note = (
                f"margins: {int(failed.sum())} -> {int(fails.sum())} of {samples.count} repair "
                f"samples fail ({regressed} regressed)"
            )
            return Proposal(model=repaired, notes=(note,))
    note = f"margins: no change was found that keeps all {int((~failed).sum())} passing tests"
    return Proposal(model=model, notes=(note,))


def _violation(
    case: Case, reference: Outputs, weight: NDArray[np.float64], step: float
) -> Violation | None:
    if case.task.kind == "classification":
        return ClassMargins(wanted=predictions(reference.values), weight=weight)
    if isinstance(case.task, Regression):
        return ErrorBounds(target=reference.values / step, tolerance=case.task.tolerance / step)
    if isinstance(case.task, Autoencoder):
        return ErrorBounds(target=reference.values / step, tolerance=1.0)
    return None


def _check(case: Case, model: Model, layer: Layer, claimed: LastLayer) -> Outputs:
    """The judged values of the patched file; raises ClaimError unless the layer gives them.

    Replayed from the file's own bytes by the host's kernels, whatever judges: the claim is about
    their arithmetic, and held against the claimed integers times the rows.
    """
    outputs = evaluate_on_host(case, model, case.sets.repair)
    acc = claimed.rows @ claimed.weights.T
    acc += 0 if claimed.bias is None else claimed.bias
    quantizer = make_requantizer(prepare(model, case.profile).context(layer.index))
    channels = np.broadcast_to(np.arange(layer.channels), acc.shape).reshape(-1)
    exact = quantizer.exact(acc.reshape(-1), channels).reshape(acc.shape)
    real = real_values(model, layer.output, exact)
    if not np.array_equal(real, outputs.values.reshape(real.shape)):
        raise ClaimError(f"layer {layer.position} '{layer.name}': the file's outputs differ")
    return outputs
