"""An analysis as tables: what quantization costs, where, and which neurons are suspicious."""

from __future__ import annotations

from typing import TextIO

from mendlite.model.analysis import Analysis, LayerAnalysis
from mendlite.model.cost import Cost
from mendlite.report.diagnosis import diagnosis_lines
from mendlite.report.table import show_table


def show_analysis(analysis: Analysis, stream: TextIO) -> None:
    """Print the diagnosis, the noise budget, layer by layer, and the rankings."""
    stream.write("\n".join(diagnosis_lines(analysis.diagnosis, analysis.loss_name)) + "\n\n")
    _show_layers(analysis, stream)
    _show_tensors(analysis, stream)
    _show_rankings(analysis, stream)
    stream.write("\n".join(_remarks(analysis)) + "\n")


def _show_layers(analysis: Analysis, stream: TextIO) -> None:
    """What each layer's weights and activations cost when they alone are quantized."""
    total = (
        ("all together", "", "", *_cost(analysis.weights), *_cost(analysis.activations)),
        ("cannot be edited", "", "", "-", "-", *_cost(analysis.fixed)),
    )
    loss = analysis.loss_name
    header = ("layer", "op", "SQNR dB", "weights: failing", loss, "activations: failing", loss)
    title = f"{analysis.target}: cost in the float model, {analysis.samples} repair samples"
    rows = [*(_layer_row(layer) for layer in analysis.layers), *total]
    show_table(title, header, rows, stream, words=2)


def _layer_row(layer: LayerAnalysis) -> tuple[str, ...]:
    noise = "-" if layer.sqnr_db is None else f"{layer.sqnr_db:.1f}"
    return (
        f"{layer.position} {'/'.join(layer.name.split('/')[-2:])[-24:]}",
        layer.op,
        noise,
        *_cost(layer.weights),
        *_cost(layer.activations),
    )


def _show_tensors(analysis: Analysis, stream: TextIO) -> None:
    """What each activation costs when it alone is rounded."""
    header = ("tensor", "written by", "what may change", "failing", analysis.loss_name)
    rows = [
        (str(t.tensor), t.op, t.fixed or "scale and zero-point", *_cost(t.cost))
        for t in analysis.tensors
    ]
    show_table("cost of rounding each activation alone", header, rows, stream, words=3)


def _show_rankings(analysis: Analysis, stream: TextIO) -> None:
    """The most suspicious neurons of each layer, a column a metric."""
    metrics = [top.metric for top in analysis.layers[0].ranking] if analysis.layers else []
    rows = [
        (str(layer.position), *(" ".join(map(str, top.neurons)) for top in layer.ranking))
        for layer in analysis.layers
    ]
    show_table("most suspicious neurons by metric", ("layer", *metrics), rows, stream)


def _remarks(analysis: Analysis) -> list[str]:
    """Sentences about the whole file, its pairing and single layers."""
    lines = [
        (
            f"the int8 model: {analysis.quantized.failing} failing, "
            f"{analysis.loss_name} {analysis.quantized.loss:.5g}; "
            f"seed {analysis.seed}, kernels {analysis.kernels}, {analysis.seconds:.1f} s"
        )
    ]
    if analysis.unreachable is not None:
        lines.append(analysis.unreachable.sentence(analysis.loss_name))
    lines.append(f"pairing: {analysis.verdict}")
    lines += [
        f"layer {pair.position}: {pair.match}, {pair.distance:.1%} from the float weights"
        for pair in analysis.pairing
        if pair.match not in {"rounded", "near"}
    ]
    lines += [
        f"layer {layer.position}: {layer.dead_channels} dead channels"
        for layer in analysis.layers
        if layer.dead_channels
    ]
    return lines + [f"layer {x.position}: {x.remark}" for x in analysis.layers if x.remark]


def _cost(cost: Cost | None) -> tuple[str, str]:
    return ("-", "-") if cost is None else (str(cost.failing), f"{cost.loss:.5g}")
