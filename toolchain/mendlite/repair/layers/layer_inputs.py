"""Where a layer's inputs come from while the layers are repaired front to back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.model.graph import Model
from mendlite.replay.collect import collect
from mendlite.replay.reference.execute import PreparedModel, prepare
from mendlite.replay.reference.frontier import Frontier
from mendlite.replay.reference.slices import slice_size


class Activations(Protocol):
    """Stored values of the repair samples inside a model that is being repaired."""

    def before(
        self, model: Model, operator: int, tensors: Sequence[int]
    ) -> dict[int, NDArray[Any]]:
        """Values (n, ...) of ``tensors``, which are there before ``operator`` runs.

        ``model`` is the repaired one so far; operators come in ascending order.
        """


@dataclass(slots=True)
class HostActivations:
    """Those of the host's kernels: each operator runs once."""

    frontier: Frontier
    program: PreparedModel

    def before(
        self, model: Model, operator: int, tensors: Sequence[int]
    ) -> dict[int, NDArray[Any]]:
        """As the protocol defines."""
        if model is not self.program.model:
            self.program = prepare(model, self.program.profile)
        self.frontier.advance(self.program, operator)
        return {t: self.frontier.value(t) for t in tensors}


@dataclass(frozen=True, slots=True)
class BoardActivations:
    """Those of the board's own kernels: the repaired model is run on it for every layer."""

    case: Case
    inputs: Sequence[NDArray[Any]]

    def before(
        self,
        model: Model,
        operator: int,  # noqa: ARG002 - the protocol's
        tensors: Sequence[int],
    ) -> dict[int, NDArray[Any]]:
        """As the protocol defines."""
        return collect(
            self.case.execution.replay_runner(model), self.inputs, list(dict.fromkeys(tensors))
        )


def repair_activations(case: Case, model: Model) -> Activations:
    """The activations of the case's repair samples, from its board where it has one."""
    inputs = case.quantized_inputs(case.sets.repair, model)
    if case.execution.boards:
        return BoardActivations(case, inputs)
    frontier = Frontier(model, inputs, slice_size(model))
    return HostActivations(frontier, prepare(model, case.profile))
