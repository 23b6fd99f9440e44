"""What quantization cost, layer by layer."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from mendlite.analysis.activation_status import layer_statuses
from mendlite.analysis.diagnosis.registry import examine
from mendlite.analysis.fake_quant import (
    FakeQuant,
    rounding_of,
    run_rounded,
    with_int8_weights,
)
from mendlite.analysis.localization import layer_spectra
from mendlite.analysis.noise_budget import noise_budget, tensor_costs
from mendlite.case.case import Case
from mendlite.case.evaluate import Evaluator
from mendlite.localize.noise import Energy, energy
from mendlite.localize.ranking import rank
from mendlite.measure.outputs import Outputs
from mendlite.model.analysis import Analysis, LayerAnalysis, LayerPairing, TopNeurons
from mendlite.model.cost import Cost
from mendlite.model.rows import whole_recordings
from mendlite.model.samples import Samples
from mendlite.model.spectra import Metric, Spectra
from mendlite.pairing.float32_twin import in_float32
from mendlite.pairing.layers import LayerPair
from mendlite.pairing.verdict import judge_pairs
from mendlite.replay.collect import collect
from mendlite.tflite.dead import dead_channels
from mendlite.tflite.logits import real_values

SCHEMA = 1
SAMPLES = 256
"""Repair samples that are analyzed by default."""


def analyze(case: Case, samples: Samples, top: int) -> Analysis:
    """Analyze the case on ``samples``; ``top`` neurons of each ranking are kept."""
    start = perf_counter()
    examination = examine(case)
    # What a hybrid float file rounds at run time is no cost of the int8 file.
    case = replace(case, float_model=in_float32(case.reference))
    evaluator = Evaluator.of(case, samples)
    outputs = evaluator.outputs(case.quantized)
    failed = case.by_row(case.task.failing(evaluator.teacher, outputs))
    spectra = _spectra(case, samples, failed)
    noise = _noise(case, samples)
    budget = noise_budget(case, evaluator)
    pairing = judge_pairs(case.reference, case.quantized, case.pairs)
    layers = []
    for done, pair in enumerate(case.pairs):
        layers.append(_layer(evaluator, pair, noise[done], spectra[done], top))
        case.progress("substitute layers", done + 1, len(case.pairs))
    return Analysis(
        schema=SCHEMA,
        target=case.name,
        kernels=case.execution.evaluation_runner(case.quantized).kernels,
        seed=case.seed,
        samples=evaluator.tests.count,
        loss_name=case.task.loss_name,
        quantized=_cost(evaluator, outputs),
        weights=budget.weights,
        activations=budget.ranges,
        fixed=budget.fixed,
        input=_rounding_cost(case, evaluator, _inputs(case)),
        verdict=pairing.verdict.value,
        pairing=tuple(
            LayerPairing(position=x.number, name=x.name, match=x.match.value, distance=x.distance)
            for x in pairing.layers
        ),
        tensors=tensor_costs(case, evaluator),
        diagnosis=examination.diagnosis,
        unreachable=examination.unreachable,
        layers=tuple(layers),
        seconds=perf_counter() - start,
    )


def _cost(evaluator: Evaluator, outputs: Outputs) -> Cost:
    scored = evaluator.score(outputs)
    return Cost(failing=scored.failing, loss=scored.loss)


def _rounding_cost(case: Case, evaluator: Evaluator, rounded: dict[int, FakeQuant]) -> Cost:
    return _cost(evaluator, run_rounded(case, case.reference, evaluator.samples, rounded))


def _activations(case: Case, pairs: tuple[LayerPair, ...]) -> dict[int, FakeQuant]:
    """Roundings of the layers' outputs, by the float model's tensors."""
    roundings = {p.reference.output: rounding_of(case.quantized, p.quantized.output) for p in pairs}
    return {tensor: rounding for tensor, rounding in roundings.items() if rounding is not None}


def _inputs(case: Case) -> dict[int, FakeQuant]:
    ends = zip(case.reference.inputs, case.quantized.inputs, strict=True)
    roundings = {f: rounding_of(case.quantized, q) for f, q in ends}
    return {tensor: rounding for tensor, rounding in roundings.items() if rounding is not None}


def _spectra(case: Case, samples: Samples, failed: NDArray[np.bool_]) -> list[Spectra]:
    return layer_spectra(layer_statuses(case, case.quantized, samples, case.pairs), failed)


def _noise(case: Case, samples: Samples) -> list[Energy]:
    """Energies of the layers' outputs. A slice of each model at a time is held."""
    float_tensors = [p.reference.output for p in case.pairs]
    tensors = [p.quantized.output for p in case.pairs]
    total = [Energy(signal=0.0, noise=0.0) for _ in case.pairs]
    exact = case.float_inputs(samples)
    rounded = case.quantized_inputs(samples, case.quantized)
    step = whole_recordings(16, case.quantized.frames)
    for begin in range(0, case.rows(samples), step):
        part = slice(begin, begin + step)
        a = _values(case, reference=True, inputs=[x[part] for x in exact], tensors=float_tensors)
        b = _values(case, reference=False, inputs=[x[part] for x in rounded], tensors=tensors)
        for index, tensor in enumerate(tensors):
            real = real_values(case.quantized, tensor, b[index])
            total[index] += energy(a[index].reshape(real.shape), real)
    return total


def _values(
    case: Case, *, reference: bool, inputs: list[NDArray[np.generic]], tensors: list[int]
) -> list[NDArray[np.generic]]:
    model = case.reference if reference else case.quantized
    values = collect(case.execution.reference_runner(model), inputs, tensors)
    return [values[t] for t in tensors]


def _layer(
    evaluator: Evaluator, pair: LayerPair, noise: Energy, spectra: Spectra, top: int
) -> LayerAnalysis:
    case, layer = evaluator.case, pair.quantized
    rounded = _activations(case, (pair,))
    weights = None
    if layer.frozen is None:
        model = with_int8_weights(case, [pair])
        weights = _cost(evaluator, run_rounded(case, model, evaluator.samples, {}))
    dead = dead_channels(case.quantized, layer) if layer.frozen is None else np.zeros(1, bool)
    return LayerAnalysis(
        position=layer.number,
        name=layer.name,
        op=layer.op,
        channels=layer.channels,
        dead_channels=int(dead.sum()),
        sqnr_db=noise.decibel if np.isfinite(noise.decibel) else None,
        weights=weights,
        activations=_rounding_cost(case, evaluator, rounded) if rounded else None,
        ranking=tuple(_top(case, spectra, metric, top) for metric in Metric),
        remark=layer.frozen or layer.bias_frozen or "",
    )


def _top(case: Case, spectra: Spectra, metric: Metric, top: int) -> TopNeurons:
    ranking = rank(spectra, metric, case.seed)
    scores = [float(s) if np.isfinite(s) else None for s in ranking.score[:top]]
    return TopNeurons(
        metric=metric.value,
        neurons=tuple(int(n) for n in ranking.neurons[:top]),
        scores=tuple(scores),
    )
