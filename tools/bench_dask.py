"""Replays on one and two Dask workers, and their cost on more: docs/benchmarks/dask.md.

Usage: make bench-dask, on a machine that does nothing else: two workers take its two cores. Starts
a scheduler with workers of one thread each on this machine, replays images of CIFAR-10 on ResNet-8
(MENDLITE_DATA) in one thread, on one worker and on two, in turns, and compares the bytes. The
fastest of several rounds counts. The parts of a replay's cost are measured one by one; the figures
for more workers are computed from them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_cluster import opened_cluster
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.packages import version
from mendlite.replay.collect import collect
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.reference.slices import multiplications, slice_size
from mendlite.replay.runner import Runner
from mendlite.replay.spread import SpreadRunner, part_size
from mendlite.tflite.reader import read_file
from mendlite.workers.dask_cluster import DaskCluster, pickled
from mendlite.workers.workers import in_order

DATA = Path(os.environ.get("MENDLITE_DATA", ""))
PAGE = Path("docs") / "benchmarks" / "dask.md"
MODELLED = (1, 2, 8, 64)
NETWORK = 125e6
"""Bytes a second between the machines of the model: a network of 1 Gbit/s."""
SLOW = 2.0
"""How much slower the slowest worker of the model's last column is."""
CALLS = 200


Replay = Callable[[], NDArray[Any]]
"""A replay that is not begun; its result is the values of the model's output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds unless named otherwise, all on this machine."""

    images: int
    thread: float
    one: float
    two: float
    first_two: float
    call: float
    send: float
    image_bytes: float
    model_bytes: int
    result_bytes: float
    slice_images: int
    image_products: int


def timed(run: Callable[[], Any]) -> float:
    """Seconds of one call."""
    start = perf_counter()
    run()
    return perf_counter() - start


def measure(images: int, rounds: int) -> Measured:
    """Everything that the page states; raises ValueError where a byte differs."""
    model = read_file(DATA / "models" / "mlperf_ic" / "pretrainedResnet_quant.tflite")
    found = np.load(DATA / "cifar10" / "test.npz")["images"][:images]
    x, output = (found.astype(np.int16) - 128).astype(np.int8), model.outputs[0]
    one_thread = ReferenceRunner(model=model, profile=Profile.TFLM, workers=1)
    here = outputs(one_thread, x, output)
    seconds: dict[str, list[float]] = {name: [] for name in ("thread", "one", "two", "first")}
    calls: list[float] = []
    sends: list[float] = []
    with opened_cluster(1) as (one, _), opened_cluster(2) as (two, _):
        for cluster in (one, two):
            same(replay_on(cluster, model, x), here)
        for _ in range(rounds):
            seconds["thread"].append(timed(partial(outputs, one_thread, x, output)))
            # The samples of the last round: the first worker gets them here.
            replay_on(one, model, x)()
            seconds["one"].append(timed(replay_on(one, model, x)))
            seconds["two"].append(timed(replay_on(two, model, x)))
            calls.append(timed(partial(nothing, two)))
            sends.append(sending(two))
            # Other samples, which the workers do not have.
            x = np.roll(x, 1, axis=0)
            seconds["first"].append(timed(replay_on(two, model, x)))
    return Measured(
        images=images,
        thread=min(seconds["thread"]),
        one=min(seconds["one"]),
        two=min(seconds["two"]),
        first_two=min(seconds["first"]),
        call=min(calls) / CALLS,
        send=min(sends),
        image_bytes=x.nbytes / images,
        model_bytes=len(pickled(model)),
        result_bytes=here.nbytes / images,
        slice_images=slice_size(model),
        image_products=multiplications(model),
    )


def outputs(runner: Runner, x: NDArray[np.int8], tensor: int) -> NDArray[Any]:
    """The values of the model's output."""
    return collect(runner, [x], [tensor])[tensor]


def nothing(cluster: DaskCluster) -> None:
    """Calls without work."""
    list(in_order(cluster, len, [("",)] * CALLS))


def replay_on(cluster: DaskCluster, model: Model, x: NDArray[np.int8]) -> Replay:
    """A replay of ``x`` on the cluster."""
    runner = SpreadRunner(model=model, profile=Profile.TFLM, workers=cluster)
    return partial(outputs, runner, x, model.outputs[0])


def same(replay: Replay, here: NDArray[Any]) -> None:
    """Raise ValueError unless the replay has the bytes ``here``."""
    if replay().tobytes() != here.tobytes():
        raise ValueError("the workers' outputs differ from those of one thread")


def sending(cluster: DaskCluster) -> float:
    """Seconds a byte of sending 8 MB to a worker, less one call."""
    data = np.random.default_rng(0).bytes(2**23)
    whole = timed(lambda: cluster.submit(len, data).result())
    return max(0.0, whole - timed(lambda: cluster.submit(len, b"").result())) / len(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Modelled:
    """A replay on ``workers``, in seconds."""

    workers: int
    tasks: int
    compute: float
    calls: float
    model: float
    gather: float
    scatter: float
    straggler: float

    @property
    def again(self) -> float:
        """A replay of samples that the workers have: parts wait for the slower of two."""
        return max(self.compute, self.calls) + self.model + self.gather


def modelled(found: Measured, workers: int) -> Modelled:
    """The cost on ``workers`` of one thread, as the page explains."""
    part = part_size(found.images, found.slice_images, found.image_products, workers)
    tasks = -(-found.images // part)
    each = part * found.thread / found.images
    return Modelled(
        workers=workers,
        tasks=tasks,
        compute=-(-tasks // workers) * each,
        calls=tasks * found.call,
        model=workers * found.model_bytes / NETWORK,
        gather=found.images * found.result_bytes / NETWORK,
        scatter=found.images * found.image_bytes * (found.send + 1 / NETWORK),
        straggler=(SLOW - 1) * each,
    )


MEASURED = """# Replays on a Dask cluster

Written by `make bench-dask`: ResNet-8 (`mlperf_ic`), {images:,} images, the fastest of {rounds}
rounds, on {cores} cores with a load average of {load:.1f} over the five minutes before the end;
distributed {distributed}. The workers' outputs are compared with those of one thread, byte by byte.

| where | seconds | images/s | times one thread |
|---|---|---|---|
{rows}

## What it would take on more workers

Computed, not measured, from these parts:

- one call without work, through scheduler and worker: {call:.2f} ms
- a byte sent to a worker here: {send:.2f} ns; between machines {network:g} Gbit/s are assumed
- the model: {model_bytes:,} bytes for every worker
- an image: {image_bytes:,.0f} bytes, its outputs {result_bytes:g}
- an image on one thread: {image:.3f} ms

Compute is the largest number of parts that a worker gets. Calls are the scheduler's, one after the
other, beside the computing: the larger of both counts. The model (as if this machine sent it to
every worker) and the results pass one network connection. The samples are scattered once for all
replays. A worker that is {slow:g} times slower ends its last part so much later.

| workers | parts | compute | calls | model | gather | a replay | speed-up | scatter | slow worker |
|---|---|---|---|---|---|---|---|---|---|
{modelled}
"""


def page(found: Measured, rounds: int) -> str:
    """The Markdown."""
    places = (
        ("one thread, no cluster", found.thread),
        ("one worker of one thread", found.one),
        ("two workers of one thread", found.two),
        ("two workers, samples sent first", found.first_two),
    )
    return MEASURED.format(
        images=found.images,
        rounds=rounds,
        cores=os.cpu_count(),
        load=os.getloadavg()[1],
        distributed=version("distributed"),
        rows="\n".join(_row(name, seconds, found) for name, seconds in places),
        call=found.call * 1e3,
        send=found.send * 1e9,
        network=NETWORK * 8 / 1e9,
        model_bytes=found.model_bytes,
        image_bytes=found.image_bytes,
        result_bytes=found.result_bytes,
        image=found.thread / found.images * 1e3,
        slow=SLOW,
        modelled="\n".join(_modelled_row(modelled(found, n), found) for n in MODELLED),
    )


def _modelled_row(row: Modelled, found: Measured) -> str:
    seconds = (row.compute, row.calls, row.model, row.gather, row.again)
    shown = " | ".join(f"{value:.3f} s" for value in seconds)
    return (
        f"| {row.workers} | {row.tasks} | {shown} | {found.thread / row.again:.1f} | "
        f"{row.scatter:.2f} s | + {row.straggler:.3f} s |"
    )


def _row(name: str, seconds: float, found: Measured) -> str:
    return (
        f"| {name} | {seconds:.2f} | {found.images / seconds:,.0f} | {found.thread / seconds:.2f} |"
    )


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args()
    found = measure(options.images, options.rounds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(page(found, options.rounds), encoding="utf-8")
    print(options.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
