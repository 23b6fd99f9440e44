"""What a comparison of host and board found (docs/SPEC.md, "Host against board")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

from mendlite.model.confidence import ConfidenceInterval


@unique
class BoardVerdict(Enum):
    """Why the bytes of host and board differ, if they do."""

    IDENTICAL = "identical"
    ROUNDING = "rounding profile differs"
    """The host computes the board's bytes under another rounding profile."""
    KERNEL = "kernel differs"
    """Under none: an operator of the board computes something else."""
    REFUSED = "not run"
    """The other kernels cannot run the model: nothing was compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorDifference:
    """The first operator that differs, given the board's own inputs of it.

    ``values`` of ``of`` values of its output differ, by at most ``largest`` steps.
    """

    operator: int
    op: str
    tensor: int
    name: str
    values: int
    of: int
    largest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComparison:
    """One model on host and board; ``differing`` samples have other values.

    ``looks_like`` are the profiles under which the host computes the board's bytes; none where they
    were not tried. ``refusal`` states why the other kernels did not run it, ``unplaced`` why
    ``first`` could not be found though bytes differ. ``bytes_compared`` are
    those of each side; ``differing_share`` is the 95 % interval of the share of differing samples
    (of recordings, for a model with variables) among samples like these. Both are None where
    operators were compared, or nothing was.
    """

    name: str
    sha256: str
    verdict: BoardVerdict
    differing: int
    looks_like: tuple[str, ...] = ()
    first: OperatorDifference | None = None
    refusal: str = ""
    unplaced: str = ""
    bytes_compared: int | None = None
    differing_share: ConfidenceInterval | None = None

    @property
    def text(self) -> str:
        """The verdict as text."""
        if self.verdict is BoardVerdict.ROUNDING:
            return f"rounding profile differs (looks like {' or '.join(self.looks_like)})"
        if self.verdict is BoardVerdict.KERNEL and self.first is not None:
            return f"kernel differs at op {self.first.operator}"
        if self.verdict is BoardVerdict.REFUSED:
            return f"not run: {self.refusal}"
        return str(self.verdict.value)

    @property
    def profiles(self) -> str:
        """What else the bytes of an identical model fit; empty where they tell profiles apart."""
        if self.verdict is not BoardVerdict.IDENTICAL or len(self.looks_like) < 2:
            return ""
        return f"these samples have the same bytes under the profiles {', '.join(self.looks_like)}"

    @property
    def place(self) -> str:
        """Where the difference begins, to stand behind ``text``, or why that is not known."""
        first = self.first
        if first is None:
            return f"; no operator was compared: {self.unplaced}" if self.unplaced else ""
        return (
            f", first at operator {first.operator} {first.op}, tensor {first.tensor} "
            f"'{first.name}': {first.values} of {first.of} values, by at most {first.largest:.6g}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """All models of one comparison; ``device`` and ``host`` name the kernels."""

    device: str
    host: str
    samples: int
    models: tuple[ModelComparison, ...]

    @property
    def identical(self) -> bool:
        """Whether no byte differs."""
        return all(m.verdict is BoardVerdict.IDENTICAL for m in self.models)
