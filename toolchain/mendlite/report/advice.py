"""An advice as tables, as rows of a CSV file, and as sentences."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TextIO

from mendlite.model.advice import Advice, LayerAdvice, Mix, MixScore
from mendlite.report.table import percent, show_table


def show_advice(advice: Advice, stream: TextIO) -> None:
    """Print what to do, the mixes and the layers."""
    stream.write(f"{verdict(advice)}\n\n")
    _show_mixes(advice, stream)
    _show_layers(advice, stream)
    stream.write("".join(f"note: {note}\n" for note in advice.notes))


def verdict(advice: Advice) -> str:
    """The layers to keep at int8, and what the file then is."""
    mix = advice.mix
    fits = f"{mix.bytes:,} of {advice.flash:,} bytes"
    if not mix.int4:
        return f"advice: keep all layers at int8: {fits}; {_failing(advice, mix)}"
    four = ", ".join(map(str, mix.int4))
    kept = ", ".join(str(layer.position) for layer in advice.layers if layer.bits == 8) or "none"
    layers = "layer" if len(mix.int4) == 1 else "layers"
    return f"advice: 4 bits for {layers} {four}; int8 for {kept}: {fits}; {_failing(advice, mix)}"


def _failing(advice: Advice, mix: Mix) -> str:
    return (
        f"{mix.before.failing} of {advice.samples} tests differ from float, "
        f"{mix.repaired.failing} after a repair"
    )


def _show_mixes(advice: Advice, stream: TextIO) -> None:
    loss = advice.loss_name
    header = ("weights", "bytes", "int4 layers", "failing", loss, "accuracy",
              "repaired: failing", loss, "accuracy")  # fmt: skip
    rows = [
        (
            f"{mix.name} *" if mix.name == advice.chosen else mix.name,
            f"{mix.bytes:,}",
            str(len(mix.int4)),
            *_score(mix.before),
            *_score(mix.repaired),
        )
        for mix in advice.mixes
    ]
    title = (
        f"{advice.target}: {advice.samples} held-out samples, float "
        f"{percent(advice.float_accuracy)}, strategy {advice.strategy}; * is advised"
    )
    show_table(title, header, rows, stream)


def _score(score: MixScore) -> tuple[str, str, str]:
    return str(score.failing), f"{score.loss:.4g}", percent(score.accuracy)


def _show_layers(advice: Advice, stream: TextIO) -> None:
    """The layers, with what each costs in 4 bits where that was measured."""
    header = ("layer", "op", "bits", "weights", "4 bits save", f"{advice.loss_name} added",
              "failing added")  # fmt: skip
    title = f"layers; added by 4 bits in one alone, repaired: {advice.measured} selection samples"
    wide = len(header) if advice.measured else len(header) - 2
    rows = [_row(layer)[:wide] for layer in advice.layers]
    show_table(title if advice.measured else "layers", header[:wide], rows, stream, words=2)
    for reason in dict.fromkeys(layer.remark for layer in advice.layers if layer.remark):
        own = ", ".join(str(x.position) for x in advice.layers if x.remark == reason)
        stream.write(f"keeps its bits: {own}: {reason}\n")


def _row(layer: LayerAdvice) -> tuple[str, ...]:
    return (
        f"{layer.position} {'/'.join(layer.name.split('/')[-2:])[-24:]}",
        layer.op,
        str(layer.bits),
        f"{layer.weights:,}",
        f"{layer.saved:,}" if layer.saved else "-",
        "-" if layer.loss is None else f"{layer.loss:+.4g}",
        "-" if layer.failing is None else f"{layer.failing:+d}",
    )


def advice_csv(advice: Advice) -> bytes:
    """A row a mix, before and after its repair."""
    stream = StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(CSV_HEADER)
    for mix in advice.mixes:
        scores = (mix.before, mix.repaired)
        figures = [x for s in scores for x in (s.failing, s.loss, s.accuracy)]
        layers = " ".join(map(str, mix.int4))
        advised = int(mix.name == advice.chosen)
        rows.writerow([mix.name, advised, mix.bytes, layers, advice.samples, *figures])
    return stream.getvalue().encode()


CSV_HEADER = (
    "weights", "advised", "bytes", "int4_layers", "samples", "failing_before", "loss_before",
    "accuracy_before", "failing_repaired", "loss_repaired", "accuracy_repaired",
)  # fmt: skip
"""The columns of the CSV file; an accuracy is empty where there is none."""
