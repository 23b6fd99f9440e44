"""Compare an operator of ours with LiteRT's and TFLite Micro's reference kernels, byte by byte."""

import numpy as np

from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import Profile
from mendlite.model.rows import sample_shape
from mendlite.replay.collect import collect
from mendlite.replay.reference.execute import prepare
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.replay.runtimes import installed
from mendlite.tflite.reader import read
from tiny_models import build

RUNTIMES = {runtime.name: runtime for runtime in installed()}
PROFILES = {"litert": Profile.TFLITE_REF, "tflm": Profile.TFLM}
PROFILES |= {name: runtime.profile for name, runtime in RUNTIMES.items() if name in PROFILES}


def inputs_of(model, count, seed=0, spread=2.0):
    """Random samples; the first two of integers are both ends of their type."""
    rng = np.random.default_rng(seed)
    return [_values(model.tensors[t], count, rng, spread) for t in model.inputs]


def _values(tensor, count, rng, spread):
    dtype = tensor.dtype.numpy
    shape = (count, *sample_shape(tensor))
    if dtype.kind == "f":
        return rng.normal(0, spread, shape).astype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    limits = np.iinfo(dtype)
    values = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    for row, end in zip(values.reshape(count, -1), (limits.min, limits.max), strict=False):
        row[:] = end
    return values


def compared(spec, *, count=6, seed=0, inputs=None, names=PROFILES, floats="equal", own=True):
    """The names of the runtimes that run the model; every tensor of ours has their bytes.

    ``names``: the runtimes that are tried. ``floats``: ``equal``, or how far they may be. ``own``:
    our kernels run all of the model.
    """
    model = read(build(spec))
    ran = set()
    for name in names:
        profile = PROFILES[name]
        program = prepare(model, profile)
        assert not own or not program.prepared.interpreted, program.prepared.interpreted
        x = inputs_of(model, count, seed) if inputs is None else inputs
        tensors = [t for o in model.operators for t in o.outputs if t in program.batched]
        ours = collect(ReferenceRunner(model=model, profile=profile), x, tensors)
        if name not in RUNTIMES:
            continue
        try:
            theirs = collect(RUNTIMES[name].runner(model), x, tensors)
        except UnsupportedModelError:
            continue
        ran.add(name)
        for tensor in tensors:
            _require_equal(name, tensor, ours[tensor], theirs[tensor], floats)
    return ran


def _require_equal(name, tensor, ours, theirs, floats):
    assert ours.shape == theirs.shape, (name, tensor, ours.shape, theirs.shape)
    assert ours.dtype == theirs.dtype, (name, tensor)
    if ours.dtype.kind == "f" and floats != "equal":
        assert np.allclose(ours, theirs, rtol=floats, atol=floats, equal_nan=True), (name, tensor)
        return
    wrong = np.flatnonzero(ours.reshape(-1) != theirs.reshape(-1))
    if ours.dtype.kind == "f":
        wrong = np.flatnonzero(
            ours.view(np.uint32).reshape(-1) != theirs.view(np.uint32).reshape(-1)
        )
    at = wrong[:3]
    assert not wrong.size, (
        f"{name}, tensor {tensor}: {wrong.size} of {ours.size} values differ, at {at}: "
        f"{ours.reshape(-1)[at]}, not {theirs.reshape(-1)[at]}"
    )
