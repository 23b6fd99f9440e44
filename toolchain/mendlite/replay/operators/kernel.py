"""The kernel of an operator that mendlite's own lack: an interpreter runs it alone.

The samples of a slice are run at once where that has the same bytes as one after the other: of the
first slice many samples are run alone, too, of each later one the first and the last; at the first
difference all are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.operator_kinds import POSTPROCESS
from mendlite.prepare.view import described
from mendlite.replay.detections import OUTPUTS, written_rows
from mendlite.replay.operators.remote import RemoteOperator, RuntimeRefusedError
from mendlite.replay.operators.shapes import require_rows
from mendlite.replay.operators.site import OperatorSite
from mendlite.replay.runtimes import Runtime
from mendlite.replay.worker_process import DiedError

Arrays = Sequence[NDArray[Any]]

FIRST = 32
"""Samples of an operator's first slice that are compared one by one."""

COMPARED: set[str] = set()
"""Operators whose first slice had the same bytes one by one, by the key of their file."""

BATCH_BYTES = 2**26
"""Bytes of the inputs and outputs of the samples that are run at once."""


@dataclass(slots=True, kw_only=True)
class InterpretedOperator:
    """An operator on one runtime: (inputs in its order) → its outputs.

    ``together`` holds the file for many samples by their number, None once running them together
    was seen to change a byte or was refused.
    """

    site: OperatorSite
    runtime: Runtime
    alone: RemoteOperator
    together: dict[int, RemoteOperator] | None

    def __call__(self, x: Arrays) -> tuple[NDArray[Any], ...]:
        """Run all samples; raises UnsupportedModelError where the runtime does not."""
        order = self.site.operator.inputs
        inputs = tuple(np.ascontiguousarray(x[order.index(t)]) for t in self.alone.file.inputs)
        whole = tuple(t not in self.site.batched for t in self.alone.file.inputs)
        samples = self._samples(inputs, whole)
        try:
            outputs = self._run(inputs, whole, samples)
        except (RuntimeRefusedError, DiedError) as error:
            raise UnsupportedModelError(
                f"{self.site.place}: {self.runtime.kernels}: {error}"
            ) from error
        self._require_stated(outputs, samples)
        if self.site.operator.op == POSTPROCESS and len(outputs) == OUTPUTS:
            return tuple(written_rows(outputs))
        return self._without_rows(outputs)

    def _without_rows(self, outputs: tuple[NDArray[Any], ...]) -> tuple[NDArray[Any], ...]:
        """The same, but a scalar that does not depend on the samples is no row: its shape is ()."""
        tensors = [self.site.model.tensors[index] for index in self.site.operator.outputs]
        return tuple(
            values if tensor.shape or tensor.index in self.site.batched else values.reshape(())
            for values, tensor in zip(outputs, tensors, strict=True)
        )

    def _samples(self, inputs: Arrays, whole: Sequence[bool]) -> int:
        for values, tensor, all_of_it in zip(inputs, self.alone.file.inputs, whole, strict=True):
            if not all_of_it:
                shape = self.site.model.tensors[tensor].shape
                return len(values) // (shape[0] if shape else 1)
        return 1

    def _run(
        self, inputs: tuple[NDArray[Any], ...], whole: tuple[bool, ...], samples: int
    ) -> tuple[NDArray[Any], ...]:
        if self.together is None or samples < 2:
            return self._one_by_one(inputs, whole, samples)
        most = max(1, BATCH_BYTES // max(1, self.site.bytes()))
        parts = []
        for begin in range(0, samples, most):
            end = min(begin + most, samples)
            share = tuple(v if w else v[begin:end] for v, w in zip(inputs, whole, strict=True))
            parts.append(self._many(share, whole, end - begin))
        return tuple(np.concatenate(each) for each in zip(*parts, strict=True))

    def _many(
        self, inputs: tuple[NDArray[Any], ...], whole: tuple[bool, ...], samples: int
    ) -> tuple[NDArray[Any], ...]:
        """All at once, and some alone; one after the other where they differ."""
        if self.together is None or samples < 2:
            return self._one_by_one(inputs, whole, samples)
        rows = self._compared(samples)
        some = tuple(v if w else v[rows] for v, w in zip(inputs, whole, strict=True))
        try:
            outputs = self._batch(samples).run(
                1, inputs, (True,) * len(inputs), reset=0,
                seconds=samples * self.site.seconds(),
            )  # fmt: skip
            alone = self._one_by_one(some, whole, len(rows))
            if all(_same_rows(a, b, rows, samples) for a, b in zip(outputs, alone, strict=True)):
                COMPARED.add(self.alone.key)
                return outputs
        except (RuntimeRefusedError, DiedError):
            pass
        self.together = None
        return self._one_by_one(inputs, whole, samples)

    def _compared(self, samples: int) -> NDArray[np.int64]:
        """The samples of a slice that are run alone, too."""
        if self.alone.key in COMPARED:
            return np.array([0, samples - 1])
        return np.array([*range(min(samples, FIRST) - 1), samples - 1])

    def _batch(self, samples: int) -> RemoteOperator:
        together = {} if self.together is None else self.together
        if samples not in together:
            file = self.site.cut(samples)
            require_rows(self.site, self.runtime, file, samples)
            together[samples] = RemoteOperator(
                runtime=self.runtime, file=file, arena=self.site.arena(samples)
            )
        return together[samples]

    def _one_by_one(
        self, inputs: tuple[NDArray[Any], ...], whole: tuple[bool, ...], samples: int
    ) -> tuple[NDArray[Any], ...]:
        seconds = samples * self.site.seconds()
        return self.alone.run(samples, inputs, whole, reset=self.site.resets, seconds=seconds)

    def _require_stated(self, outputs: Arrays, samples: int) -> None:
        """Raise where an output is not what the file states."""
        for values, index in zip(outputs, self.site.operator.outputs, strict=True):
            tensor = self.site.model.tensors[index]
            stated = (samples * tensor.shape[0], *tensor.shape[1:]) if tensor.shape else (samples,)
            if values.shape != stated or values.dtype != tensor.dtype.numpy:
                raise MalformedModelError(
                    f"{self.site.place}: its output, {described(tensor)}, is {tensor.dtype.value} "
                    f"{list(tensor.shape)} in the file, but {self.runtime.kernels} computes "
                    f"{values.dtype.name} {list(values.shape)} for {samples} samples"
                )


def _same_rows(
    values: NDArray[Any], alone: NDArray[Any], rows: NDArray[np.int64], samples: int
) -> bool:
    """Whether the ``rows`` of ``samples`` rows of values have just the bytes of ``alone``."""
    same = values.shape == (samples, *alone.shape[1:]) and values.dtype == alone.dtype
    return same and values[rows].tobytes() == alone.tobytes()
