"""What ``report.html`` shows beyond ``report.json``: samples, plots, layers, pages of flash.

The values of ``details.json`` (docs/SPEC.md, "The report page"). Everything is bounded: pictures in
size and number, plots in points, layers and tensors in number. Where something was left out, the
total is kept beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from mendlite.model.gate_result import GateResult

Number = float
"""The type by another name: some values have a field that is called ``float``."""

FORMAT, SCHEMA = "mendlite-report-details", 1

BLOCK = 256
"""Bytes of the file that ``FlashMap`` counts together: pages are multiples of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOrigin:
    """Where a repair comes from: its command line, and what was understood of models and data.

    ``command`` is empty from Python; ``understood`` are the door's lines, none with a target file.
    """

    command: str = ""
    understood: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Which class the rows' samples are given by the float, the int8 and the repaired model.

    ``truth`` says what the rows are: "label" or "float". ``names`` are the classes of rows and
    columns; the last one is "others" where ``classes`` in all are too many to show. The matrices
    [row][column] count validation samples.
    """

    truth: str
    classes: int
    names: tuple[str, ...]
    float: tuple[tuple[int, ...], ...]
    before: tuple[tuple[int, ...], ...]
    after: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """One output of the three models, a point a sample: ``float`` against ``before`` and ``after``.

    ``tolerance`` is how far a value may be from the float model's in a passing test; None where
    the task decides otherwise. ``samples`` is how many values there are; the points are a part.
    """

    name: str
    samples: int
    tolerance: Number | None
    float: tuple[Number, ...]
    before: tuple[Number, ...]
    after: tuple[Number, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSeries:
    """How often one model's score fell into each bin, for the samples of one label.

    ``model`` is "float", "int8" or "repaired"; ``label`` is empty where there are no labels.
    """

    model: str
    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RocCurve:
    """True-positive share against false-positive share, from (0, 0) to (1, 1)."""

    model: str
    auc: Number
    false_positives: tuple[Number, ...]
    true_positives: tuple[Number, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreDistribution:
    """The scores that a decision is made from, of all three models.

    Bins of equal width from ``low`` to ``high``, of the logarithm (base 10) where ``log``.
    ``threshold`` is where the decision changes; None where the task has none. ``roc`` is empty
    without labels of both kinds.
    """

    name: str
    low: Number
    high: Number
    log: bool
    threshold: Number | None
    series: tuple[ScoreSeries, ...]
    roc: tuple[RocCurve, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleView:
    """One input of a sample as it can be shown.

    ``form`` is "picture" (``png`` in base64, of ``width`` x ``height`` pixels), "wave" (``waves``:
    one row of values a channel) or "row" (``waves`` holds one row of values). ``shape`` is the
    stored sample's; what is shown may be smaller.
    """

    form: str
    shape: tuple[int, ...]
    png: str
    width: int
    height: int
    waves: tuple[tuple[Number, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOutput:
    """One value that the models give for a sample: a class's probability, or an output."""

    name: str
    float: Number
    before: Number
    after: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSample:
    """One validation sample: where it comes from, its inputs, and what each model gives.

    ``label`` is empty without one. ``float``, ``before`` and ``after`` are the results in words;
    ``outputs`` the values behind them, of ``values`` in all.
    """

    source: str
    row: int
    label: str
    float: str
    before: str
    after: str
    views: tuple[SampleView, ...]
    outputs: tuple[ShownOutput, ...]
    values: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleGroup:
    """The tests of one outcome: ``outcome`` is "fixed", "failing" or "regressed".

    ``total`` counts them; ``samples`` are those with the largest loss, before the repair where it
    fixed them, else after it.
    """

    outcome: str
    total: int
    samples: tuple[ShownSample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerDetails:
    """One layer: signal-to-quantization-noise ratio of its output, its cost, and its edits.

    The ratios are in decibels against the float model (after the repair: against the one with
    rescaled channels that it follows), None where there is no noise, no signal or no float model.
    ``cost`` is the loss of the float model with this layer's int8 weights alone, None where it is
    not measured. ``operator`` and ``tensor`` (of this name) are indices in the int8 file,
    of the layer and of its output.
    """

    position: int
    operator: int
    tensor: int
    name: str
    op: str
    sqnr_before: Number | None
    sqnr_after: Number | None
    cost: Number | None
    values_changed: int
    bytes_changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationDetails:
    """One activation: the float model's values, and the range of the int8 tensor before and after.

    ``counts`` are of equal bins from ``low`` to ``high``, the smallest and the largest value.
    ``followed`` are counts in the same bins, of the float model with rescaled channels that the
    repaired file follows; empty where no channel was rescaled. ``clipped`` are shares of values
    outside of the ranges. ``operator`` writes the tensor; it is -1 for an input.
    """

    tensor: int
    operator: int
    name: str
    op: str
    low: Number
    high: Number
    counts: tuple[int, ...]
    followed: tuple[int, ...]
    range_before: tuple[Number, Number]
    range_after: tuple[Number, Number]
    clipped_before: Number
    clipped_after: Number
    sqnr_before: Number | None
    sqnr_after: Number | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashMap:
    """The bytes of the file that the patch changes, by blocks of BLOCK bytes.

    ``changed`` are (block, bytes) of blocks with a changed byte, rising.
    """

    file_bytes: int
    changed: tuple[tuple[int, int], ...]

    def pages(self, page_bytes: int) -> dict[int, int]:
        """Changed bytes by page of ``page_bytes``, a multiple of BLOCK, of pages with one."""
        bytes_by_page: dict[int, int] = {}
        for block, count in self.changed:
            page = block * BLOCK // page_bytes
            bytes_by_page[page] = bytes_by_page.get(page, 0) + count
        return bytes_by_page


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDetails:
    """``details.json``. ``limits`` are those of the target's gate.

    Parts are None or empty where the task, the samples or a lost float model leave nothing to show.
    Layers and activations were measured on ``samples_measured`` selection samples; ``unmeasured``
    states why they were not, empty where they were.
    """

    format: str
    schema: int
    origin: ReportOrigin
    limits: tuple[GateResult, ...]
    confusion: Confusion | None
    scatters: tuple[Scatter, ...]
    distributions: tuple[ScoreDistribution, ...]
    groups: tuple[SampleGroup, ...]
    samples_measured: int
    layers: tuple[LayerDetails, ...]
    activations: tuple[ActivationDetails, ...]
    activations_in_all: int
    unmeasured: str
    flash: FlashMap
