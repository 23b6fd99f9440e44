"""Decide a property by splitting the inputs: complete where a box has few features.

Each part of the box is bounded again; what stays open is split along its widest feature, until its
inputs are few enough to compute them all on the kernels. Parts are decided one after the other, or
several at a time on the workers of a cluster: the outcome is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from mendlite.certify.bounds.network import InputBox, products
from mendlite.certify.bounds.property import Property
from mendlite.certify.bounds.query import Query, gaps
from mendlite.certify.bounds.reach import reach
from mendlite.certify.model_pair import Ints, ModelPair
from mendlite.model.clock import Over, TimeLimit, never, unlimited
from mendlite.workers.dask_cluster import unpickled
from mendlite.workers.workers import AHEAD, LOOK, Workers

FEATURES = 16
"""Moving input features up to which a box is split at all."""

ENUMERATED = 2 * 10**9
"""Products (inputs times those of one network) up to which all inputs are computed."""

SLICE, REPLAYED = 4096, 10**8
"""Inputs that are computed at a time, and their products, where one input needs fewer."""

Watch = Callable[[int, int], bool]
"""Called with parts decided and parts waiting; True ends the search."""

Queries = tuple[Query, ...]

Found = Ints | bool | Queries
"""An input that breaks the property; whether all inputs were computed and surely keep it; or the
queries that stay open (none: the part is decided)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionPart:
    """A part of the box, the queries that are open there, and its place: earlier ones are less."""

    place: tuple[int, ...]
    box: InputBox
    queries: Queries


def split(
    models: ModelPair,
    box: InputBox,
    wanted: Property,
    queries: Queries,
    watch: Watch,
    *,
    limit: TimeLimit | None = None,
    workers: Workers | None = None,
) -> bool | Ints | None:
    """True: the property holds. An input: it breaks it. None: undecided, or too many features.

    ``watch`` ends it between two parts, ``limit`` also within one. The input is the first in the
    order of the parts, however many ``workers`` decide them at a time. Raises ClusterError where
    the cluster is lost.
    """
    if np.count_nonzero(box.high > box.low) > FEATURES:
        return None
    tree = _Tree(waiting=[RegionPart(place=(), box=box, queries=queries)])
    limit = limit or unlimited()
    if workers is not None:
        return tree.outcome if _spread(tree, (models, wanted), workers, watch, limit) else None
    while tree.waiting:
        if watch(tree.decided, len(tree.waiting)):
            return None
        part = tree.waiting.pop()
        tree.take(part, found_in(models, wanted, part, ENUMERATED, limit.over))
    return tree.outcome


def _spread(
    tree: _Tree,
    given: tuple[ModelPair, Property],
    workers: Workers,
    watch: Watch,
    limit: TimeLimit,
) -> bool:
    """Decide the parts on a cluster; whether ``watch`` let it come to the end."""
    held, running = workers.hold(given), dict[Future[Found], RegionPart]()
    try:
        while tree.waiting or running:
            if watch(tree.decided, len(tree.waiting) + len(running)):
                return False
            while tree.waiting and len(running) < AHEAD * workers.threads:
                part = tree.waiting.pop()
                call = held, part, ENUMERATED, limit.left()
                running[workers.submit(found_there, *call)] = part
            for future in _ended(workers, running, limit):
                part = running.pop(future)
                if tree.matters(part):
                    tree.take(part, future.result())
    finally:
        for future in running:
            future.cancel()
    return True


def _ended(
    workers: Workers, running: dict[Future[Found], RegionPart], limit: TimeLimit
) -> Iterator[Future[Found]]:
    """Those that ended, at least one unless it takes long."""
    seconds = min(LOOK, max(limit.left(), 0.0))
    done, _ = wait(running, timeout=seconds, return_when=FIRST_COMPLETED)
    if not done and seconds == LOOK:
        workers.require_alive()
    yield from done


@dataclass(slots=True, kw_only=True)
class _Tree:
    """The parts that wait, the earliest last, and what is known of the others."""

    waiting: list[RegionPart]
    decided: int = 0
    sure: bool = True
    broken: tuple[tuple[int, ...], Ints] | None = field(default=None)

    @property
    def outcome(self) -> bool | Ints | None:
        """As of ``split``, where nothing waits any more."""
        if self.broken is not None:
            return self.broken[1]
        return True if self.sure else None

    def matters(self, part: RegionPart) -> bool:
        """Whether no earlier part has an input that breaks the property."""
        return self.broken is None or part.place < self.broken[0]

    def take(self, part: RegionPart, found: Found) -> None:
        """What became of a part that matters."""
        if isinstance(found, np.ndarray):
            self.broken = part.place, found
            self.waiting = [other for other in self.waiting if self.matters(other)]
        elif isinstance(found, bool):
            self.sure &= found
            self.decided += 1
        elif found:
            low, high = _halves(part.box)
            self.waiting += [
                RegionPart(place=(*part.place, 1), box=low, queries=found),
                RegionPart(place=(*part.place, 0), box=high, queries=found),
            ]
        else:
            self.decided += 1


def found_in(
    models: ModelPair, wanted: Property, part: RegionPart, enumerated: int, over: Over = never
) -> Found:
    """What is known of one part alone; inputs are computed up to ``enumerated`` products.

    Once the time is ``over``, what was not computed keeps its queries open, or the part unsure.
    """
    count = prod(int(n) for n in part.box.high - part.box.low + 1)
    if count * products(models.networks.first) <= enumerated or count == 1:
        return _enumerate(models, part.box, wanted, over)
    known = gaps(part.queries, reach(models.networks, part.box, over=over), over)
    return tuple(query for query, (out, _) in zip(part.queries, known, strict=True) if not out)


def found_there(held: bytes, part: RegionPart, enumerated: int, seconds: float) -> Found:
    """On a worker: ``found_in``; ``held`` are the pickled models and the property."""
    limit = TimeLimit.of(seconds)
    models, wanted = unpickled(held)
    return found_in(models, wanted, part, enumerated, limit.over)


def _halves(box: InputBox) -> tuple[InputBox, InputBox]:
    """The box cut in two along its widest feature."""
    widest = int((box.high - box.low).argmax())
    middle = (box.low[widest] + box.high[widest]) // 2
    high, low = box.high.copy(), box.low.copy()
    high[widest], low[widest] = middle, middle + 1
    return replace(box, high=high), replace(box, low=low)


def _enumerate(models: ModelPair, box: InputBox, wanted: Property, over: Over) -> bool | Ints:
    """Whether the property holds for every input, surely and in time; or one that breaks it."""
    # Arrays have 32 axes at most: one for each feature that varies.
    varied = np.flatnonzero(box.high > box.low)
    shape = tuple(int(n) for n in (box.high - box.low + 1)[varied]) or (1,)
    sure = True
    size = min(SLICE, max(1, REPLAYED // max(products(models.networks.first), 1)))
    for begin in range(0, prod(shape), size):
        if over():
            return False
        flat = np.arange(begin, min(begin + size, prod(shape)))
        x = np.repeat(box.low[None], flat.size, axis=0)
        for feature, places in zip(varied, np.unravel_index(flat, shape), strict=False):
            x[:, feature] += places
        replay = models.replay(box, x)
        broken = wanted.violated(replay.first, replay.error, replay.second)
        broken &= wanted.violated(replay.kernels_first, replay.error, replay.second)
        if broken.any():
            violating: Ints = x[int(broken.argmax())]
            return violating
        sure &= bool(wanted.kept(replay.first, replay.error, replay.second).all())
    return sure
