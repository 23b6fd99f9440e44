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

BATCH_SECONDS = 12.0
"""About how long a board is left to itself: it responds between samples only."""

SHARE = 0.9
"""Of the time that a run still takes, by what it took so far: the pause before the next request."""

PATIENCE = 1.0
"""Seconds for which a run's state is waited for before it is requested again, at least."""

POLL = 0.005, 1.0
"""Shortest pause before the state of a run is requested again, and the longest between two looks
at whether the run is to be stopped, in seconds."""


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
    """How a run is waited for; ``each`` is what a sample of the last run took, 0 without one.

    ``stopped``: whether the wait is over before its time.
    """

    pause: Callable[[float], None]
    each: float
    stopped: Callable[[], bool] = lambda: False

    @property
    def patience(self) -> float:
        """Seconds for which a board may work on a sample before it responds."""
        return max(PATIENCE, 2 * self.each)

    def for_most(self, ran: RunProgress, count: int, seconds: float) -> None:
        """Pause for SHARE of what is left of a run that has taken ``seconds`` on our clock."""
        each = seconds / ran.done if ran.done else self.each
        left = max(SHARE * each * (count - ran.done), POLL[0])
        while left > 0 and not self.stopped():
            self.pause(min(left, POLL[1]))
            left -= POLL[1]


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
    began = client.clock()
    while True:
        answer = client.ask(Request.RUN, request, "running samples", wait.patience)
        if answer.status is Status.UNSUPPORTED:
            raise UnsupportedModelError(
                f"{client.name}: its engine {client.hello.engine} shows no such tensor"
            )
        ran = messages.read_ran(client.require(answer, "running samples").payload)
        if answer.status is Status.OK:
            return ran
        wait.for_most(ran, count, client.clock() - began)
