"""A process of its own that runs single operators, started by ``replay.operators.remote``.

It takes requests from a connection whose descriptor is its only argument, until that closes.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mendlite.packages import TFLM
from mendlite.replay.operators.messages import (
    OpenOperator,
    OperatorReply,
    Refused,
    Request,
    RunOperator,
    Shapes,
)

MOST_OPEN, MOST_OPEN_BYTES = 256, 2**28
"""Operators that stay open, and the bytes of their files."""

MEMORY = 2**34
"""Bytes of addresses that this process may take: a runtime that needs more ends here alone."""


class OpenedOperator(Protocol):
    """One operator, ready to run."""

    def shapes(self) -> Shapes:
        """The shapes of the outputs, as the runtime inferred them."""

    def reset(self) -> None:
        """Variables back to their first values."""

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs of one run."""


class OnInterpreter:
    """On the reference kernels of LiteRT or tflite-runtime."""

    def __init__(self, request: OpenOperator) -> None:
        """Open it."""
        module = import_module(f"{request.module}.interpreter")
        self._interpreter = module.Interpreter(
            model_content=request.data,
            experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF,
            num_threads=1,
        )
        self._interpreter.allocate_tensors()
        self._inputs = [one["index"] for one in self._interpreter.get_input_details()]
        self._outputs = [one["index"] for one in self._interpreter.get_output_details()]

    def shapes(self) -> Shapes:
        """As the protocol defines."""
        details = self._interpreter.get_output_details()
        return tuple(tuple(int(n) for n in one["shape"]) for one in details)

    def reset(self) -> None:
        """As the protocol defines."""
        self._interpreter.reset_all_variables()

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """As the protocol defines."""
        for index, values in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(index, values)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


class OnMicro:
    """On TFLite Micro."""

    def __init__(self, request: OpenOperator) -> None:
        """Open it."""
        runtime = import_module(TFLM).runtime
        self._interpreter = runtime.Interpreter.from_bytes(request.data, arena_size=request.arena)
        self._outputs = range(request.outputs)
        self._scalars: dict[int, bool] = {}

    def _is_scalar(self, slot: int) -> bool:
        if slot not in self._scalars:
            shape = self._interpreter.get_input_details(slot)["shape"]
            self._scalars[slot] = len(shape) == 0
        return self._scalars[slot]

    def shapes(self) -> Shapes:
        """As the protocol defines."""
        details = [self._interpreter.get_output_details(i) for i in self._outputs]
        return tuple(tuple(int(n) for n in one["shape"]) for one in details)

    def reset(self) -> None:
        """As the protocol defines."""
        self._interpreter.reset()

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """As the protocol defines."""
        for slot, values in enumerate(inputs):
            # A tensor of rank 0 is a row's only value here.
            scalar = values.size == 1 and self._is_scalar(slot)
            self._interpreter.set_input(values.reshape(()) if scalar else values, slot)
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_output(i)) for i in self._outputs]


class OpenOperators:
    """The operators that are open; those that were not used for longest are closed first."""

    def __init__(self) -> None:
        """None is open."""
        self._open: OrderedDict[str, tuple[OpenedOperator, int]] = OrderedDict()

    def answer(self, request: Request) -> OperatorReply:
        """Process a request; whatever a runtime raises becomes its words."""
        try:
            if isinstance(request, OpenOperator):
                return self._opened(request)
            if request.key not in self._open:
                return Refused(words="", unknown=True)
            self._open.move_to_end(request.key)
            return _outputs(self._open[request.key][0], request)
        except Exception as error:  # noqa: BLE001 - a runtime raises anything
            return Refused(words=" ".join(str(error).split()) or type(error).__name__)

    def _opened(self, request: OpenOperator) -> Shapes:
        micro = request.module == TFLM
        make: Callable[[OpenOperator], OpenedOperator] = OnMicro if micro else OnInterpreter
        opened = make(request)
        self._open[request.key] = opened, len(request.data) + (request.arena if micro else 0)
        while len(self._open) > 1 and (
            len(self._open) > MOST_OPEN or sum(s for _, s in self._open.values()) > MOST_OPEN_BYTES
        ):
            self._open.popitem(last=False)
        return opened.shapes()


def _outputs(opened: OpenedOperator, request: RunOperator) -> tuple[NDArray[Any], ...]:
    shares = [
        [x] * request.times if whole else np.split(x, request.times)
        for x, whole in zip(request.inputs, request.whole, strict=True)
    ]
    rows: list[list[NDArray[Any]]] = []
    for index in range(request.times):
        if request.reset and index % request.reset == 0:
            opened.reset()
        rows.append(opened.run([np.ascontiguousarray(share[index]) for share in shares]))
    return tuple(
        np.concatenate([np.atleast_1d(x) for x in each]) for each in zip(*rows, strict=True)
    )


def _bound() -> None:
    """No more memory than MEMORY, and no core dump where a runtime aborts."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def main() -> None:
    """Reply until the parent closes the connection."""
    _bound()
    connection, operators = Connection(int(sys.argv[1])), OpenOperators()
    while True:
        try:
            request = connection.recv()
        except EOFError:
            return
        connection.send(operators.answer(request))


if __name__ == "__main__":
    main()
