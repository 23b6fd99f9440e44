"""Everything that a reader or a CI job needs after a repair: the values of ``report.json``.

Field names are part of the public interface (docs/SPEC.md, "The report"). Losses count
samples, ``kl`` is in nats, times are seconds of wall clock, accuracies are shares in [0, 1]
and None where the samples have no labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

from mendlite.model.diagnosis import Diagnosis
from mendlite.model.interface import InterfaceChange
from mendlite.model.sample_rows import RowsLeftOut, SampleRow
from mendlite.model.scores import Intervals, Validation

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInfo:
    """One file: its path as given, digest in hex and length in bytes."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files that went in and came out.

    ``float`` is null where it is lost, ``repaired`` where none was written.
    """

    float: FileInfo | None
    int8: FileInfo
    repaired: FileInfo | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditCounts:
    """Edited values by kind."""

    weight: int
    bias: int
    scale: int


PAGE = 4096
"""Bytes of a flash page where no board is named: what most microcontrollers erase at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairSummary:
    """What was changed: ``neurons`` are output channels with at least one edit.

    ``flash_pages`` of ``flash_page_size`` bytes hold a changed byte, if the file begins at one.
    """

    samples: int
    layers: int
    neurons: int
    edits: int
    bytes_changed: int
    by_kind: EditCounts
    flash_pages: int
    flash_page_size: int = PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronResult:
    """How one neuron's problem ended.

    ``objective`` is the largest |delta|; it and ``gap`` are null without a solution. ``violated``
    counts hard rows, ``penalty`` soft ones; ``proof`` names what proves ``bound``; ``message``
    holds a failed backend's words.
    """

    layer: int
    neuron: int
    status: str
    rows: int
    objective: float | None
    bound: float
    gap: float | None
    violated: int
    penalty: int
    proof: str
    seconds: float
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverSummary:
    """The solver's work; ``status`` counts the problems by how they ended."""

    backend: str
    problems: int
    status: dict[str, int]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionScore:
    """Failing tests and mean loss on the selection samples."""

    samples: int
    failing: int
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the strategy and whether the selection samples let it stand.

    ``why`` states which rule decided. ``order`` names the order that the step belongs to where the
    strategy tried two, else it is empty.
    """

    name: str
    accepted: bool
    why: str
    order: str = ""
    selection_before: SelectionScore
    selection_after: SelectionScore
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSquares:
    """Least squares on one layer of the base file: mean square errors per channel.

    ``before`` and ``after`` the repair, ``bound`` what no allowed integers go below, in squared
    real units; ``gap`` is the share of the layer's error that is not proved necessary.
    """

    position: int
    name: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    bound: tuple[float, ...]
    gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """What a patch of so many bytes is worth on the selection samples.

    ``kind`` is the move whose most useful channels it takes, "repair" for the whole repair, empty
    for no patch.
    """

    bytes: int
    edits: int
    kind: str
    samples: int
    failing: int
    loss: float


@unique
class Ending(Enum):
    """How a repair ended."""

    REPAIRED = "repaired"
    UNCHANGED = "unchanged"
    """No step was accepted: the repaired file is the base file."""
    BASE_KEPT = "base kept"
    """Held-out samples get worse than with the base file: no repaired file was written."""
    WORSE = "worse"
    """They do, and it was written because ``keep_worse`` requests it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """What no edit of the file reaches, where it causes most of the loss.

    ``loss`` of the int8 file's ``total`` on repair samples is what the parameters of tensor
    ``tensor`` and of the others that must stay cost alone. ``why`` states what is wrong with it and
    what to do.
    """

    tensor: int
    name: str
    loss: float
    total: float
    why: str

    def sentence(self, loss_name: str) -> str:
        """A sentence about it, with the losses by their name."""
        return (
            f"most of the loss cannot be recovered by editing ({loss_name} {self.loss:.3g} alone, "
            f"{self.total:.3g} in all): {self.why}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeOpinion:
    """One other interpreter, on the base and on the repaired file.

    ``profile`` is the rounding that its kernels follow and ours followed for the comparison,
    ``tensors`` how many of each file were compared. ``verdict`` is "identical" (integers with ==;
    where ``float_room`` is not null, float values up to that share of a sample's largest) or "not
    run", with the reason in ``message``.
    """

    runtime: str
    version: str
    profile: str
    samples: int
    tensors: int
    verdict: str
    float_room: float | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """Whether another interpreter computes the bytes of mendlite's kernels.

    ``confirmed`` is false without one; ``summary`` names those that ran, or why none did. A
    difference is an error: there is no report of one.
    """

    confirmed: bool
    summary: str
    runtimes: tuple[RuntimeOpinion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacedOperator:
    """Operator ``index``, in execution order, that became another; both by their schema names."""

    index: int
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertedOperator:
    """Operator ``index`` of the repaired file, in execution order, that the base file lacks.

    ``op`` is its schema name, ``reader`` the base file's number of the operator behind it, and
    ``tensor`` the name of the tensor that it rescales for that operator.
    """

    index: int
    op: str
    reader: int
    tensor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeChange:
    """Bytes before and after."""

    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphChange:
    """How the graph of the repaired file differs from the base file's.

    Numbers of ``replaced`` operators are the base file's. ``register`` are the operators that a
    resolver must register now and did not need before, ``operators`` all that it must. ``arena``
    is TFLite Micro's on this PC, null where it could not be measured.
    """

    replaced: tuple[ReplacedOperator, ...]
    register: tuple[str, ...]
    operators: tuple[str, ...]
    file: SizeChange
    arena: SizeChange | None
    inserted: tuple[InsertedOperator, ...] = ()

    @property
    def sentence(self) -> str:
        """What the firmware needs, in words."""
        became = (f"operator {o.index} {o.old} is now {o.new}" for o in self.replaced)
        new_ones = (
            f"{o.op} of '{o.tensor}' is inserted as operator {o.index}" for o in self.inserted
        )
        words = ", ".join((*became, *new_ones))
        new = " and ".join(self.register)
        needs = f"the resolver must register {new}" if new else "the resolver needs no new operator"
        sizes = f"file {self.file.before:,} → {self.file.after:,} bytes"
        if self.arena is not None:
            sizes += (
                f", arena {self.arena.before:,} → {self.arena.after:,} bytes (TFLite Micro, PC)"
            )
        return f"the graph was edited: {words}; {needs}; {sizes}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``report.json``.

    ``headline`` is the sentence that the command prints first. ``kernels`` names the runner and
    its rounding profile; ``class_names`` the classes by index, empty where none are known;
    ``understood`` are sentences on task, feeding and samples, where they were found out;
    ``rows`` are the validation samples one by one, of many those on which a model fails;
    ``interrupted`` is set where Ctrl-C ended the steps early, and ``stopped`` states by what and
    after which step they ended; ``diagnosis`` has the findings about the base file, worst first;
    ``interface`` the graph's inputs and outputs with other parameters than before, which the
    firmware must follow; ``graph`` how its operators differ from before, null where they do not;
    ``interpreted`` names the operators that an interpreter runs, a sentence a
    model; ``host_only`` the kinds of operators that mendlite's kernels run on the host and the
    firmware's engine does not; ``frames`` are those of each recording, 1 where each sample is one
    input;
    ``notes`` are sentences: layers left alone and why, samples dropped.
    ``versions`` are those of mendlite and of the packages that computed.
    """

    schema: int
    target: str
    strategy: str
    kernels: str
    seed: int
    ending: Ending
    headline: str
    interrupted: bool
    stopped: str
    files: Files
    class_names: tuple[str, ...]
    understood: tuple[str, ...]
    validation: Validation
    intervals: Intervals
    rows: tuple[SampleRow, ...]
    rows_left_out: RowsLeftOut
    repair: RepairSummary
    solver: SolverSummary
    steps: tuple[Step, ...]
    curve: tuple[CurvePoint, ...]
    squares: tuple[LayerSquares, ...]
    neurons: tuple[NeuronResult, ...]
    second_opinion: SecondOpinion
    diagnosis: tuple[Diagnosis, ...]
    unreachable: Unreachable | None
    interface: tuple[InterfaceChange, ...]
    graph: GraphChange | None = None
    gate: tuple[str, ...]
    interpreted: tuple[str, ...] = ()
    host_only: tuple[str, ...] = ()
    frames: int = 1
    notes: tuple[str, ...]
    versions: dict[str, str]
    seconds: float
