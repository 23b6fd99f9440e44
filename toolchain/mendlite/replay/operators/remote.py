"""One operator, opened in the processes that run single operators."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from numpy.typing import NDArray

from mendlite.replay.operators.messages import (
    OpenOperator,
    OperatorReply,
    Refused,
    Request,
    RunOperator,
    Shapes,
)
from mendlite.replay.runtimes import MODULES, Runtime
from mendlite.replay.worker_process import WorkerProcess, WorkerProcesses
from mendlite.tflite.one_operator import OneOperator

PROCESSES = WorkerProcesses(
    "mendlite.replay.operators.worker", {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
)
"""Any of them runs any operator, of any runtime."""

OPENING = 60.0
"""Seconds that a runtime may take to start and to open one operator."""


class RuntimeRefusedError(Exception):
    """The runtime does not run the operator; the text is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteOperator:
    """A file of one operator on one runtime; each process opens it when it first runs it there.

    ``arena`` are the bytes that TFLite Micro may use.
    """

    runtime: Runtime
    file: OneOperator
    arena: int
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Name it by what it is: equal operators are opened once."""
        key = sha256(self.file.data).hexdigest() + self.runtime.name
        object.__setattr__(self, "key", key)

    def open(self) -> Shapes:
        """The outputs' shapes as the runtime infers them.

        Raises RuntimeRefusedError where it does not take the operator, DiedError where it dies.
        """
        with PROCESSES.one() as process:
            reply = self._open(process)
        if isinstance(reply, Refused):
            raise RuntimeRefusedError(reply.words)
        return reply  # type: ignore[return-value]

    def run(
        self,
        times: int,
        inputs: tuple[NDArray[Any], ...],
        whole: tuple[bool, ...],
        *,
        reset: int,
        seconds: float,
    ) -> tuple[NDArray[Any], ...]:
        """The outputs of ``times`` runs, as ``RunOperator`` has them; raises as ``open``."""
        request = RunOperator(key=self.key, times=times, inputs=inputs, whole=whole, reset=reset)
        with PROCESSES.one() as process:
            reply = self._run(process, request, OPENING + seconds)
        if isinstance(reply, Refused):
            raise RuntimeRefusedError(reply.words)
        return reply  # type: ignore[return-value]

    def _run(self, process: WorkerProcess, request: RunOperator, seconds: float) -> OperatorReply:
        """Its reply; the operator is opened where the process does not have it open."""
        if self.key in process.opened:
            reply: OperatorReply = process.ask(request, seconds)
            if not (isinstance(reply, Refused) and reply.unknown):
                return reply
        opened = self._open(process)
        if isinstance(opened, Refused):
            return opened
        outputs: OperatorReply = process.ask(request, seconds)
        return outputs

    def _open(self, process: WorkerProcess) -> OperatorReply:
        request: Request = OpenOperator(
            module=MODULES[self.runtime.name],
            data=self.file.data,
            outputs=len(self.file.outputs),
            arena=self.arena,
            key=self.key,
        )
        reply: OperatorReply = process.ask(request, OPENING)
        process.opened.add(self.key)
        return reply
