"""TensorFlow Lite Micro itself, on the PC (the optional package tflite-micro)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.tensor import DType
from mendlite.packages import TFLM, load, require, version
from mendlite.replay.int4_gaps import lacks_kernel, misreads_blocks
from mendlite.replay.one_by_one import Invoke, one_by_one
from mendlite.replay.runner import Values
from mendlite.tflite.buffers import lies_behind
from mendlite.tflite.outputs import with_outputs
from mendlite.tflite.support import keeps_state
from mendlite.tflite.verified_table import root

RUNNER = "runner tflm"

MOST_ARENA = 2**31 - 1
"""Bytes of the largest arena that is allocated; TFLite Micro counts them in an int."""

ARENA_SPARE = 2**20
"""Bytes of the arena beyond the activations: the runtime's own structures and scratch."""


def arena_bytes(model: Model) -> int:
    """An arena that surely suffices: all activations side by side, and room for the runtime.

    TFLite Micro unpacks a layer's int4 weights into it.
    """
    total = ARENA_SPARE + 1024 * (len(model.tensors) + len(model.operators))
    for tensor in model.tensors:
        if tensor.buffer is None and tensor.dtype.numpy is not None:
            size = tensor.elements
            total += size * tensor.dtype.numpy.itemsize + 16
        if tensor.dtype is DType.INT4:
            total += tensor.elements + 16
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class TflmRunner:
    """One model on TFLite Micro, one sample at a time."""

    model: Model

    @property
    def kernels(self) -> str:
        """Package and version; raises MissingPackageError where it is not installed."""
        require(TFLM, RUNNER)
        return f"tflite-micro {version(TFLM)}"

    def run(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Iterator[Values]:
        """As the protocol defines."""
        return one_by_one(self.model, inputs, tensors, self._start)

    def _start(self, tensors: Sequence[int]) -> Invoke:
        interpreter = self._open(tensors)
        return lambda sample: self._invoke(interpreter, sample, tensors)

    def _open(self, tensors: Sequence[int]) -> Any:
        name, arena = self.kernels, arena_bytes(self.model)
        if lies_behind(root(self.model.data)):
            # MicroInterpreter looks at Buffer.data alone, and takes these constants for zeros.
            raise UnsupportedModelError(
                f"{name} cannot run this file: its constants lie behind the flatbuffer, where "
                "TFLite Micro does not read them"
            )
        if where := misreads_blocks(self.model):
            raise UnsupportedModelError(f"{name} cannot run this file: {where}")
        if arena > MOST_ARENA:
            raise UnsupportedModelError(
                f"{name} cannot run this file: its activations need an arena of {arena:,} bytes, "
                f"the limit is {MOST_ARENA:,}"
            )
        runtime = load(TFLM, RUNNER).runtime
        try:
            return runtime.Interpreter.from_bytes(
                with_outputs(self.model, tensors), arena_size=arena
            )
        except (RuntimeError, ValueError) as error:
            why = lacks_kernel(TFLM, self.model) or str(error)
            raise UnsupportedModelError(f"{name} cannot run this file: {why}") from error

    def _invoke(
        self, interpreter: Any, sample: Sequence[NDArray[Any]], tensors: Sequence[int]
    ) -> Values:
        try:
            if keeps_state(self.model) and self.model.frames == 1:
                interpreter.reset()
            for slot, values in enumerate(sample):
                interpreter.set_input(np.ascontiguousarray(values), slot)
            interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise UnsupportedModelError(f"{self.kernels} cannot run this file: {error}") from error
        outputs = [np.array(interpreter.get_output(i)) for i in range(len(tensors))]
        return dict(zip(tensors, outputs, strict=True))
