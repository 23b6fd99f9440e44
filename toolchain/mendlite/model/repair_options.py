"""The options of a repair, a dataclass a concern.

A field is an option everywhere: key of a target's [repair], flag of ``mendlite repair``, parameter
of ``mendlite.repair`` (``model/option.py`` derives them).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from mendlite.model.interface import MayEdit
from mendlite.model.option import option
from mendlite.model.spectra import Metric


class Passing(Enum):
    """What the rows of passing tests are to a neuron's problem."""

    NONE = "none"
    """Left out, as the paper's model has it."""
    HARD = "hard"
    """They must keep the quantized model's status."""
    SOFT = "soft"
    """They should keep it: as few as possible are lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditScope:
    """Which part of the file may be edited.

    ``layers`` are names, numbers, "all" or "dense"; None leaves the choice to the strategy.
    ``neurons`` limits the repair to the most suspicious ones by ``metric``. ``edit_scales`` sets
    whether scales and zero-points may change, ``edit_inputs`` and ``edit_outputs`` whether those of
    the graph's inputs and outputs may, which the firmware must then follow, ``edit_graph`` whether
    operators may become others.
    """

    layers: tuple[str, ...] | None = option(
        None, "Layers by name or number, or all, or dense.", metavar="A,B,..."
    )
    metric: Metric = option(  # noqa: RUF009 - it makes a field
        Metric.AMPLE, "Suspiciousness metric that ranks the neurons of `neurons`."
    )
    neurons: int | None = option(
        None,
        "Edit only the N most suspicious neurons.",
        at_least=1,
        otherwise="all; qnnrepair: 10",
    )
    edit_scales: bool = option(
        True,
        "Edit no scales and zero-points, only weights and biases.",
        key="scales",
    )
    edit_inputs: bool = option(
        False,
        "Edit scale and zero-point of the model's inputs, too: the firmware must feed by them.",
        checked=True,
    )
    edit_outputs: bool = option(
        False,
        "Edit scale and zero-point of the model's outputs, too: the firmware must read by them.",
        checked=True,
    )

    edit_graph: bool = option(
        False,
        "Turn a global AVERAGE_POOL_2D into MEAN, and put a QUANTIZE in front of an operator that "
        "forces the range of a tensor which others read, too: each gets a range of its own, the "
        "file gets longer and the firmware must register MEAN or QUANTIZE.",
    )

    @property
    def interface(self) -> MayEdit:
        """The permission for the graph's inputs and outputs."""
        return MayEdit(inputs=self.edit_inputs, outputs=self.edit_outputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchBudget:
    """How much of the file may change; None: as much as there is."""

    bytes: int | None = option(
        None,
        "Change at most this many bytes of the file, where they fix most.",
        name="max_bytes",
        at_least=1,
    )
    edits: int | None = option(
        None,
        "Change at most this many values (weights, biases, scales).",
        name="max_edits",
        at_least=1,
    )

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self.bytes is not None or self.edits is not None

    @property
    def least(self) -> int | None:
        """The smaller of the two limits; None where there is none."""
        return min((n for n in (self.bytes, self.edits) if n is not None), default=None)

    def holds(self, count_bytes: int, count_edits: int) -> bool:
        """Whether so many bytes and values fit."""
        return (self.bytes is None or count_bytes <= self.bytes) and (
            self.edits is None or count_edits <= self.edits
        )

    def less(self, count_bytes: int, count_edits: int) -> PatchBudget:
        """What is left after so many bytes and values."""
        return PatchBudget(
            bytes=None if self.bytes is None else self.bytes - count_bytes,
            edits=None if self.edits is None else self.edits - count_edits,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightBounds:
    """How far weights may move; None: the move's own default."""

    max_delta: int | None = option(None, "Largest change of one weight.", at_least=1, checked=True)
    ridge: float | None = option(
        None, "least-squares: pull toward the float weights.", above=0, checked=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningOptions:
    """How ``distill`` learns; None: the move's own default.

    ``steps`` of gradient descent, by the ``last`` layers alone, from ``copies`` of each image.
    """

    steps: int | None = option(
        None,
        "distill: steps of gradient descent.",
        name="distill_steps",
        at_least=1,
        otherwise="800, fewer for large networks",
        checked=True,
    )
    last: int | None = option(
        None,
        "distill: learn the last N layers alone.",
        name="distill_last",
        at_least=1,
        metavar="N",
        otherwise="all",
        checked=True,
    )
    copies: int | None = option(
        None,
        "distill: shifted, flipped and mixed copies of each image; 0 for none.",
        name="distill_copies",
        at_least=0,
        metavar="N",
        otherwise="4",
        checked=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronProblems:
    """What a neuron's problem (``qnnrepair``) consists of.

    ``passing_tests`` is how many passing tests are drawn; ``max_rows`` caps a problem's rows.
    """

    passing: Passing = option(  # noqa: RUF009 - it makes a field
        Passing.NONE,
        "qnnrepair: what the signs at passing tests are to a neuron.",
        checked=True,
    )
    passing_tests: int | None = option(
        None,
        "qnnrepair: draw so many passing tests.",
        at_least=1,
        metavar="N",
        otherwise="all",
        checked=True,
    )
    max_rows: int = option(
        1000, "qnnrepair: most constraints of one neuron.", at_least=1, checked=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverOptions:
    """What solves a neuron's problem: a backend by name, its CPU seconds."""

    backend: str = option(
        "chain",
        "What solves a neuron; see 'mendlite solvers'.",
        metavar="NAME",
        checked=True,
    )
    seconds: float = option(
        60.0,
        "qnnrepair: CPU seconds for one neuron.",
        name="solver_seconds",
        above=0,
        checked=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtOptions:
    """The specification of strategy ``smt``.

    ``epsilon`` bounds |int8 - float| of each output, in its real unit; ``ranges`` lets the output's
    range change.
    """

    epsilon: float | None = option(
        None, "smt: each output within this of float's, besides the class.", above=0, checked=True
    )
    ranges: bool = option(
        False,
        "smt: the output's range may change, too.",
        name="smt_ranges",
        in_toml=False,
        checked=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairOptions:
    """All options of one repair but its strategy.

    ``time_limit`` is the whole repair's, in seconds; it ends the step at work. ``keep_worse`` has a
    repaired file that is worse than the base file written anyway. ``dask`` is the address of a
    scheduler whose workers replay and solve.
    """

    scope: EditScope = field(default_factory=EditScope)
    problems: NeuronProblems = field(default_factory=NeuronProblems)
    weights: WeightBounds = field(default_factory=WeightBounds)
    budget: PatchBudget = field(default_factory=PatchBudget)
    time_limit: float | None = option(
        None,
        "End the step at work in time for validation and cross-check within this time.",
        above=0,
        metavar="SECONDS",
    )
    learning: LearningOptions = field(default_factory=LearningOptions)
    smt: SmtOptions = field(default_factory=SmtOptions)
    solver: SolverOptions = field(default_factory=SolverOptions)
    keep_worse: bool = option(
        False,
        "Write the repaired file although held-out samples get worse with it.",
        in_toml=False,
    )
    dask: str | None = option(
        None,
        "Spread replays and neurons' problems over the workers of this Dask scheduler.",
        metavar="ADDRESS",
        in_toml=False,
    )
