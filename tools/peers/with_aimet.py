"""AIMET's post-training methods on ONNX, run by its simulation: floats that are rounded as int8."""

from __future__ import annotations

from typing import Any

from peers.job import Job, Quantized, main

ITERATIONS = 2000
"""Of AdaRound, for each layer."""


def made(job: Job) -> Quantized:
    """Variants: ``plain``, ``equalized`` (CLE), ``adaround`` and ``sequential_mse`` behind CLE."""
    import aimet_onnx
    import onnx
    from aimet_onnx.cross_layer_equalization import equalize_model

    model = onnx.load(job.model)
    name = model.graph.input[0].name
    if job.variant != "plain":
        equalize_model(model)
    sim = aimet_onnx.QuantizationSimModel(
        model, param_type=aimet_onnx.int8, activation_type=aimet_onnx.int8
    )
    samples = [{name: sample[None]} for sample in job.repair]
    if job.variant == "sequential_mse":
        aimet_onnx.apply_seq_mse(sim, samples)
    if job.variant == "adaround":
        aimet_onnx.apply_adaround(sim, samples, num_iterations=ITERATIONS)
    sim.compute_encodings(samples)

    def run(sample: Any) -> Any:
        return sim.session.run(None, {name: sample})[0]

    return Quantized(run=run)


if __name__ == "__main__":
    main(made)
