"""A runner whose kernels are a board's, or those of several boards that share the samples."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.errors import DeviceError
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.model.rows import side_by_side, whole_recordings
from mendlite.prepare.state import require_frames
from mendlite.replay.collect import joined
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.copies import loaded_copies
from mendlite.replay.inputs import require_constant_free, require_inputs
from mendlite.replay.runner import Values

MOST_TENSORS = 64
"""Tensors that one run shows, at most."""

LISTEN = 0.2
"""Seconds after which Ctrl-C is listened for while boards work."""

SLICE = 250
"""Samples that a board is given at once, so that progress is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRunner:
    """One model on boards; the samples are split among them."""

    model: Model
    profile: Profile
    boards: tuple[ConnectedBoard, ...]

    @property
    def kernels(self) -> str:
        """Boards, engine and rounding profile."""
        names = ", ".join(board.device.address for board in self.boards)
        engines = {f"{b.hello.engine}, {self._profile(b).value}" for b in self.boards}
        return f"device {names} ({'; '.join(sorted(engines))})"

    def _profile(self, board: ConnectedBoard) -> Profile:
        """The profile that is requested of a board: its file's, or the host's."""
        return board.device.profile or self.profile

    def run(self, inputs: Sequence[NDArray[Any]], tensors: Sequence[int]) -> Iterator[Values]:
        """As the protocol defines."""
        if self.model.variables:
            require_frames(self.model)
        require_inputs(self.model, inputs)
        require_constant_free(self.model, tensors)
        step = whole_recordings(SLICE * len(self.boards), self.model.frames)
        with self._pool() as pool:
            for begin in range(0, len(inputs[0]), step):
                part = [x[begin : begin + step] for x in inputs]
                yield self._slice(pool, part, tensors)

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        """A thread for each board; Ctrl-C, or one board's failure, stops all of them."""
        try:
            with ThreadPoolExecutor(len(self.boards)) as pool:
                try:
                    yield pool
                except BaseException:
                    for board in self.boards:
                        board.stopped.set()
                    raise
        finally:
            for board in self.boards:
                board.stopped.clear()

    def _slice(
        self, pool: ThreadPoolExecutor, part: Sequence[NDArray[Any]], tensors: Sequence[int]
    ) -> Values:
        """One slice, an equal share to each board."""
        shares = [self._shares(x) for x in part]
        jobs = [
            pool.submit(run_on, board, self.model, self.profile, [s[i] for s in shares], tensors)
            for i, board in enumerate(self.boards)
            if len(shares[0][i])
        ]
        left: Collection[Future[Values]] = jobs
        while left:
            # In turns: a library that took SIGINT and gave it back may have left it unable to
            # end a wait, and Ctrl-C would be heard only when the boards are done.
            done, left = wait(jobs, timeout=LISTEN, return_when=FIRST_EXCEPTION)
            for job in done:
                job.result()
        return joined((job.result() for job in jobs), tensors)

    def _shares(self, x: NDArray[Any]) -> list[NDArray[Any]]:
        """Whole recordings for each board."""
        frames = max(1, self.model.frames)
        recordings = np.array_split(x.reshape(-1, frames, *x.shape[1:]), len(self.boards))
        return [share.reshape(-1, *x.shape[1:]) for share in recordings]


def run_on(
    board: ConnectedBoard,
    model: Model,
    profile: Profile,
    inputs: Sequence[NDArray[Any]],
    tensors: Sequence[int],
) -> Values:
    """The values of ``tensors`` for samples on one board."""
    follows = board.device.profile or profile
    count = len(inputs[0])
    rows = [np.ascontiguousarray(x).reshape(count, -1).view(np.uint8) for x in inputs]
    samples = np.hstack(rows)
    given = zip(model.inputs, inputs, strict=True)
    values = {t: side_by_side(model.tensors[t], x) for t, x in given if t in tensors}
    still_missing = [t for t in tensors if t not in values]
    for group in _loaded_groups(board, model, follows, still_missing, samples.shape[1]):
        if samples.shape[1] != board.loaded.input:
            raise DeviceError(
                f"{board.device.address} takes {board.loaded.input} bytes a sample, the model "
                f"{samples.shape[1]}: another model is on the board"
            )
        sizes = [_bytes(model, t) for t in group]
        # The outputs alone are asked for by no name: an engine that shows no tensors has them.
        outputs = tuple(group) == model.outputs or not board.shows_tensors
        named = () if outputs else group
        frames = max(1, model.frames)
        results = board.run(samples.tobytes(), count, named, sum(sizes), frames)
        values |= _values(model, group, results)
    return values


def _loaded_groups(
    board: ConnectedBoard, model: Model, profile: Profile, tensors: Sequence[int], size: int
) -> Iterator[list[int]]:
    """Tensors that come back from one run, on the model that is loaded for it."""
    if board.shows_tensors or not tensors or tuple(tensors) == model.outputs:
        board.load(model, profile)
        yield from _groups(board, model, tensors, size)
        return
    needed = size + sum(_bytes(model, t) for t in tensors)
    yield from loaded_copies(board, model, profile, tensors, needed)


def _bytes(model: Model, tensor: int) -> int:
    dtype = model.tensors[tensor].dtype.numpy
    if dtype is None:
        raise DeviceError(f"tensor {tensor} has a type that cannot be read")
    return model.tensors[tensor].elements * dtype.itemsize


def _groups(
    board: ConnectedBoard, model: Model, tensors: Sequence[int], size: int
) -> Iterator[list[int]]:
    """Tensors that are shown in one run: what fits beside one sample."""
    memory = board.loaded.free - size
    group: list[int] = []
    for tensor in tensors:
        total = sum(_bytes(model, t) for t in [*group, tensor])
        if group and (total > memory or len(group) == MOST_TENSORS):
            yield group
            group = []
        group.append(tensor)
    if group:
        yield group


def _values(model: Model, group: Sequence[int], results: Sequence[bytes]) -> Values:
    """Each tensor's values, cut out of the results."""
    rows = np.frombuffer(b"".join(results), np.uint8).reshape(len(results), -1)
    by_tensor: Values = {}
    at = 0
    for tensor in group:
        size, dtype = _bytes(model, tensor), model.tensors[tensor].dtype.numpy
        column = np.ascontiguousarray(rows[:, at : at + size]).view(dtype)
        # A shape that is computed has no batch in front; its values stand one after the other.
        first, *rest = model.tensors[tensor].shape or (1,)
        by_tensor[tensor] = column.reshape(len(results) * first, *rest)
        at += size
    return by_tensor
