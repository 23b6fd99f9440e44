"""An analysis as tables: what quantization costs, where, and which neurons are suspicious."""

from __future__ import annotations

from typing import TextIO

from mendlite.model.analysis import Analysis, Cost, LayerAnalysis
from mendlite.report.table import show_table


def show_analysis(found: Analysis, stream: TextIO) -> None:
    """Print the noise budget, layer by layer, and the rankings."""
    _show_layers(found, stream)
    _show_tensors(found, stream)
    _show_rankings(found, stream)
    stream.write("\n".join(_remarks(found)) + "\n")


def _show_layers(found: Analysis, stream: TextIO) -> None:
    """What each layer's weights and activations cost when they alone are quantized."""
    total = (
        ("all together", "", "", *_cost(found.weights), *_cost(found.activations)),
        ("cannot be edited", "", "", "-", "-", *_cost(found.fixed)),
    )
    loss = found.loss_name
    header = ("layer", "op", "SQNR dB", "weights: failing", loss, "activations: failing", loss)
    title = f"{found.target}: cost in the float model, {found.samples} repair samples"
    rows = [*(_layer_row(layer) for layer in found.layers), *total]
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


def _show_tensors(found: Analysis, stream: TextIO) -> None:
    """What each activation costs when it alone is rounded."""
    header = ("tensor", "written by", "what may change", "failing", found.loss_name)
    rows = [
        (str(t.tensor), t.op, t.fixed or "scale and zero-point", *_cost(t.cost))
        for t in found.tensors
    ]
    show_table("cost of rounding each activation alone", header, rows, stream, words=3)


def _show_rankings(found: Analysis, stream: TextIO) -> None:
    """The most suspicious neurons of each layer, a column a metric."""
    metrics = [top.metric for top in found.layers[0].ranking] if found.layers else []
    rows = [
        (str(layer.position), *(" ".join(map(str, top.neurons)) for top in layer.ranking))
        for layer in found.layers
    ]
    show_table("most suspicious neurons by metric", ("layer", *metrics), rows, stream)


def _remarks(found: Analysis) -> list[str]:
    """Sentences about the whole file, its pairing and single layers."""
    lines = [
        (
            f"the int8 model: {found.quantized.failing} failing, "
            f"{found.loss_name} {found.quantized.loss:.5g}; "
            f"seed {found.seed}, kernels {found.kernels}, {found.seconds:.1f} s"
        )
    ]
    if found.unreachable is not None:
        lines.append(found.unreachable.sentence(found.loss_name))
    lines.append(f"pairing: {found.verdict}")
    lines += [
        f"layer {pair.position}: {pair.match}, {pair.distance:.1%} from the float weights"
        for pair in found.pairing
        if pair.match not in {"rounded", "near"}
    ]
    lines += [
        f"layer {layer.position}: {layer.dead_channels} dead channels"
        for layer in found.layers
        if layer.dead_channels
    ]
    return lines + [f"layer {x.position}: {x.remark}" for x in found.layers if x.remark]


def _cost(cost: Cost | None) -> tuple[str, str]:
    return ("-", "-") if cost is None else (str(cost.failing), f"{cost.loss:.5g}")
