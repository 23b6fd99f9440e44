"""How long a board takes, and what its line costs."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.model.rows import sample_shape
from mendlite.replay.collect import collect
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.runner import DeviceRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceBench:
    """One measurement.

    ``overhead``: bytes on the line, both ways, that are neither inputs nor outputs, as a share of
    those that are; ``upload_overhead`` the same of the model's bytes. ``board_micros`` are
    microseconds of inference on the board's own clock.
    """

    device: str
    engine: str
    profile: str
    model_bytes: int
    upload_seconds: float
    upload_bytes_per_second: float
    upload_overhead: float
    samples: int
    seconds: float
    board_micros: int
    payload_bytes: int
    overhead: float
    resent: int


def bench(
    board: ConnectedBoard, model: Model, profile: Profile, samples: int, seed: int
) -> DeviceBench:
    """Upload a model and run random samples."""
    engine = board.hello.engine
    before = _line(board)
    began = perf_counter()
    board.load(model, profile)
    uploading, uploaded = perf_counter() - began, _line(board)
    generator = np.random.default_rng(seed)
    inputs = []
    for index in model.inputs:
        tensor = model.tensors[index]
        shape = (samples, *sample_shape(tensor))
        if tensor.dtype.numpy is None or tensor.dtype.numpy.kind not in "iu":
            inputs.append(generator.normal(size=shape).astype(np.float32))
            continue
        limits = np.iinfo(tensor.dtype.numpy)
        inputs.append(generator.integers(limits.min, limits.max, shape, tensor.dtype.numpy, True))
    runner = DeviceRunner(model=model, profile=profile, boards=(board,))
    began = perf_counter()
    outputs = collect(runner, inputs, list(model.outputs))
    seconds, ran = perf_counter() - began, _line(board)
    payload = sum(x.nbytes for x in inputs) + sum(x.nbytes for x in outputs.values())
    size = len(model.data)
    moved = uploaded - before
    return DeviceBench(
        device=board.device.address,
        engine=engine,
        profile=profile.value,
        model_bytes=size,
        upload_seconds=uploading,
        upload_bytes_per_second=size / uploading,
        upload_overhead=max(moved - size, 0) / size,
        samples=samples,
        seconds=seconds,
        board_micros=board.micros,
        payload_bytes=payload,
        overhead=(ran - uploaded - payload) / payload,
        resent=board.traffic.resent,
    )


def _line(board: ConnectedBoard) -> int:
    """Bytes on the line so far, both ways."""
    return board.traffic.sent + board.traffic.received
