"""A process of its own in which a foreign runtime runs, started by ``replay.isolated``.

It takes RunRequests from a connection whose descriptor is its only argument, and sends a Reply to
each.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from numpy.typing import NDArray

from mendlite.errors import MendliteError
from mendlite.replay.collect import collect
from mendlite.replay.runner import Values
from mendlite.replay.runtimes import Runtime
from mendlite.tflite.reader import read


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """Run a file's bytes on a runtime: ``inputs`` (n, ...) each → the values of ``tensors``.

    ``frames`` are those of each recording, 1 where each sample is one. ``signature`` is the one
    that was named, if any.
    """

    runtime: Runtime
    data: bytes
    inputs: tuple[NDArray[Any], ...]
    tensors: tuple[int, ...]
    frames: int = 1
    signature: str | None = None


Reply = Values | str
"""The values, or why there are none."""


def answer(request: RunRequest) -> Reply:
    """Run it; whatever a runtime raises becomes its words."""
    try:
        model = replace(read(request.data, request.signature), frames=request.frames)
        runner = request.runtime.runner(model)
        return collect(runner, request.inputs, request.tensors)
    except MendliteError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a broken installation raises anything
        words = " ".join(f"{type(error).__name__}: {error}".split())
        return f"{request.runtime.kernels} cannot run this file: {words}"


def main() -> None:
    """Process requests until the parent closes the connection, or ends."""
    connection = Connection(int(sys.argv[1]))
    while True:
        try:
            request = connection.recv()
        except EOFError:
            return
        connection.send(answer(request))


if __name__ == "__main__":
    main()
