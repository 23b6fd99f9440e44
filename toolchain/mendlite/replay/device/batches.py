"""Samples in batches: how many a run has, the run itself, and its results read back."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mendlite.errors import DeviceError, UnsupportedModelError
from mendlite.replay.device.client import Client
from mendlite.wire import messages
from mendlite.wire.messages import Area, Request, RunProgress, Status

LONGEST_BATCH = 65535
"""Samples of one run: their number has 16 bits."""

LARGEST_BATCH = 1 << 16
"""Bytes of samples that are sent before they are run."""

BATCH_SECONDS = 4.0
"""About how long a board is left to itself: it responds between samples only."""

POLL = 0.005, 1.0
"""Shortest and longest pause, in seconds, before the state of a run is requested again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResults:
    """Each sample's result; ``micros`` of inference on the board's clock, ``seconds`` on ours."""

    results: list[bytes]
    micros: int
    seconds: float


def batch_size(address: str, free: int, size: int, result_size: int, seconds: float | None) -> int:
    """Samples for the next run: what fits into ``free`` bytes, and about BATCH_SECONDS.

    ``seconds`` is what a sample took so far, None where none was run: one is tried. Raises
    DeviceError where not even one sample of ``size`` fits with its ``result_size``.
    """
    fits = free // (size + result_size)
    if fits < 1:
        raise DeviceError(
            f"{address}: no room for one sample and its results: {size} and {result_size} bytes, "
            f"{free} are free"
        )
    if seconds is None:
        return 1
    most = min(fits, LARGEST_BATCH // size, LONGEST_BATCH)
    return max(1, min(most, int(BATCH_SECONDS / max(seconds, 1e-6))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How a run is waited for; ``each`` is what a sample of the last run took, 0 without one."""

    pause: Callable[[float], None]
    each: float

    def for_half(self, ran: RunProgress, count: int) -> None:
        """Pause for half of what is left, about."""
        # By the board's own clock: ours has the pauses in it, which must not breed others.
        each = 1e-6 * ran.micros / ran.done if ran.done else self.each
        self.pause(min(max(each * (count - ran.done) / 2, POLL[0]), POLL[1]))


def run_batch(
    client: Client,
    samples: bytes,
    count: int,
    tensors: Sequence[int],
    wait: Wait,
    *,
    frames: int = 1,
) -> BatchResults:
    """Run ``count`` samples that lie one after the other, recordings of ``frames`` samples each.

    Of 0 frames they continue the recording that the batch before ended in.

    Raises DeviceError where the board or the line fails, UnsupportedModelError where its engine
    shows none of the tensors.
    """
    client.upload(Area.SAMPLES, samples, "sending samples")
    number = secrets.randbelow(2**16)
    began = client.clock()
    crc = zlib.crc32(samples)
    request = messages.run_request(number, count, crc, tensors)
    if frames != 1:
        request = messages.recordings_request(number, count, crc, frames, tensors)
    ran = _finish(client, request, count, wait)
    seconds = client.clock() - began
    results = client.download(Area.RESULTS, number, ran.size, "reading results")
    if zlib.crc32(results) != ran.crc:
        raise DeviceError(f"{client.name}: the results changed while they were read")
    size = ran.size // count
    parts = [results[i * size : (i + 1) * size] for i in range(count)]
    return BatchResults(results=parts, micros=ran.micros, seconds=seconds)


def _finish(client: Client, request: bytes, count: int, wait: Wait) -> RunProgress:
    """Ask after a run until it is done."""
    while True:
        answer = client.ask(Request.RUN, request, "running samples")
        if answer.status is Status.UNSUPPORTED:
            raise UnsupportedModelError(
                f"{client.name}: its engine {client.hello.engine} shows no such tensor"
            )
        ran = messages.read_ran(client.require(answer, "running samples").payload)
        if answer.status is Status.OK:
            return ran
        wait.for_half(ran, count)
