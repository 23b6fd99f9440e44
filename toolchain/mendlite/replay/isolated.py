"""A foreign runtime in a process of its own: it may hang, abort or print anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.rows import rows_of
from mendlite.replay.inputs import require_constant_free, require_inputs
from mendlite.replay.isolated_worker import Reply, RunRequest
from mendlite.replay.reference.slices import multiplications
from mendlite.replay.runner import Values
from mendlite.replay.runtimes import Runtime
from mendlite.replay.worker_process import DiedError, WorkerProcesses

PROCESSES = WorkerProcesses("mendlite.replay.isolated_worker")
"""One kind a runtime."""

START = 60.0
"""Seconds that a runtime may take beside its multiplications."""

SLOWEST = 1e7
"""Multiplications a second below which a runtime is taken to hang: a tenth of the slowest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolatedRunner:
    """One model on a foreign runtime; all samples at once, so no more than memory holds."""

    model: Model
    runtime: Runtime
    start: float = START

    @property
    def kernels(self) -> str:
        """Those of the runtime."""
        return self.runtime.kernels

    def run(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Iterator[Values]:
        """As the protocol defines; a runtime that dies or hangs cannot run the file."""
        require_inputs(self.model, inputs)
        require_constant_free(self.model, tensors)
        yield self._replied(inputs, tensors)

    def _replied(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Values:
        request = RunRequest(
            runtime=self.runtime,
            data=self.model.data,
            signature=self.model.signature,
            inputs=tuple(inputs),
            tensors=tuple(tensors),
            frames=self.model.frames,
        )
        rows = max(rows_of(self.model.tensors[t]) for t in self.model.inputs)
        seconds = self.start + multiplications(self.model) * rows * len(inputs[0]) / SLOWEST
        try:
            with PROCESSES.one(self.runtime.name) as process:
                reply: Reply = process.ask(request, seconds)
                if isinstance(reply, str):  # in the block: what refused a file is not used again
                    raise UnsupportedModelError(reply)
                return reply
        except DiedError as error:
            raise UnsupportedModelError(self._death(error, seconds)) from error

    def _death(self, error: DiedError, seconds: float) -> str:
        if error.status is None:
            return f"{self.kernels} did not end within {seconds:.0f} s on this file"
        return f"{self.kernels} died on this file with status {error.status}"
