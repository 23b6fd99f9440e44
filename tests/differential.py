"""Host against firmware on one file: what both accept must have the same shapes and bytes.

The host is the toolchain's reader and reference kernels, the firmware its engine built for this
computer under sanitizers (native_engine.py). tools/compare_engine.py and the model fuzzer call it.
"""

from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

import numpy as np

from mendlite.errors import MendliteError, UnsupportedModelError
from mendlite.model.rows import sample_shape
from mendlite.replay.device.loading import PROFILES
from mendlite.replay.reference.runner import ReferenceRunner
from mendlite.tflite.reader import read
from native_engine import EngineCrashError, NativeEngine

MOST_ELEMENTS = 1 << 24
"""Of all tensors of a file that is compared: no more than seconds and some hundred megabytes."""

FRAMES = 3
"""Samples of a recording: half of what inputs_of gives."""


class Outcome(Enum):
    """How a comparison ended."""

    EQUAL = "equal"
    DIFFERS = "differs"
    HOST_REFUSES = "the host refuses"
    FIRMWARE_REFUSES = "the firmware refuses"
    BOTH_REFUSE = "both refuse"
    HOST_FAILS = "the host fails"
    FIRMWARE_CRASHES = "the firmware crashes"
    TOO_LARGE = "too large to compare"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``reason`` is one line: who refused and why, or what differs; empty where all is equal."""

    outcome: Outcome
    reason: str = ""

    @property
    def good(self):
        """Whether nothing is to be mended: equal, or refused by one of them in its own way."""
        bad = (Outcome.DIFFERS, Outcome.HOST_FAILS, Outcome.FIRMWARE_CRASHES)
        return self.outcome not in bad


@cache
def _engine():
    return NativeEngine()


def compare(model_bytes, seed, profiles=tuple(PROFILES)):
    """Run a file on host and firmware with zero, extreme and random inputs; returns a Verdict.

    Of several rounding profiles the first verdict that is not EQUAL counts.
    """
    verdict = Verdict(outcome=Outcome.EQUAL)
    for profile in profiles:
        verdict = _compare(bytes(model_bytes), seed, profile)
        if verdict.outcome is not Outcome.EQUAL:
            break
    return verdict


def _compare(data, seed, profile):
    inputs, host, said = [], None, None
    try:
        model = _recorded(read(data))
        _require_numbers(model)
        if sum(int(np.prod(t.shape, dtype=np.float64)) for t in model.tensors) > MOST_ELEMENTS:
            return Verdict(outcome=Outcome.TOO_LARGE)
        inputs = inputs_of(model, np.random.default_rng(seed))
        host = _host(model, inputs, profile)
    except MendliteError as error:
        said = str(error)
    except Exception as error:  # noqa: BLE001 - whatever escapes is the finding
        return Verdict(outcome=Outcome.HOST_FAILS, reason=f"{type(error).__name__}: {error}")
    samples = [b"".join(rows) for rows in zip(*(_rows(x) for x in inputs), strict=True)]
    size = len(samples[0]) if samples else 0
    try:
        found = _engine().run(data, PROFILES[profile], samples, size, FRAMES)
    except EngineCrashError as error:
        return Verdict(outcome=Outcome.FIRMWARE_CRASHES, reason=str(error))
    if host is None or found.status != 0:
        return _refused(said, found)
    reason = _difference(model, host, found.tensors)
    if reason:
        return Verdict(outcome=Outcome.DIFFERS, reason=f"{profile.value}: {reason}")
    return Verdict(outcome=Outcome.EQUAL)


def _recorded(model):
    """A model that keeps values gets recordings of FRAMES samples."""
    return replace(model, frames=FRAMES) if model.keeps_frames else model


def _require_numbers(model):
    for tensor in (model.tensors[index] for index in model.inputs):
        if tensor.dtype.numpy is None:
            raise UnsupportedModelError(f"input '{tensor.name}' is {tensor.dtype.value}")


def _refused(said, found):
    refuses = f"{found.reason} at operator {found.operator}"
    # Without a sample of the right size the engine can only say that it was opened.
    if found.status in (0, 101):
        return Verdict(outcome=Outcome.HOST_REFUSES, reason=said or refuses)
    if said is None:
        return Verdict(outcome=Outcome.FIRMWARE_REFUSES, reason=refuses)
    return Verdict(outcome=Outcome.BOTH_REFUSE, reason=f"{said}; {refuses}")


def _host(model, inputs, profile):
    """Values of all computed tensors, the samples one after the other along the first axis."""
    written = {
        t for o in model.operators for t in o.outputs if model.tensors[t].dtype.numpy is not None
    }
    tensors = sorted(written | (set(model.outputs) & set(model.inputs)))
    parts = list(ReferenceRunner(model=model, profile=profile).run(inputs, tensors))
    return {t: np.concatenate([part[t] for part in parts]) for t in tensors}


def _rows(values):
    return [np.ascontiguousarray(v).tobytes() for v in values]


def inputs_of(model, rng):
    """One array a model input: zeros, both ends of the type, alternating ends, random twice.

    Integers are of the whole type; float inputs reach from small numbers to 3e38.
    """
    return [
        _values(model.tensors[i].dtype.numpy, sample_shape(model.tensors[i]), rng)
        for i in model.inputs
    ]


def _values(dtype, shape, rng):
    if dtype.kind in "fc":  # complex numbers are accepted nowhere: any will do
        high = min(3e38, float(np.finfo(dtype).max))
        low = -high
        random = [rng.normal(0, scale, shape) for scale in (1, 100)]
    elif dtype.kind == "b":
        low, high = 0, 1
        random = [rng.integers(0, 2, shape) for _ in range(2)]
    else:
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        random = [rng.integers(low, high, shape, dtype, endpoint=True) for _ in range(2)]
    ends = np.where(rng.integers(0, 2, shape) == 1, low, high)
    whole = [np.full(shape, v) for v in (0, low, high)]
    return np.stack([np.asarray(v).astype(dtype) for v in (*whole, ends, *random)])


def _difference(model, host, tensors):
    """The first tensor that differs, in words; empty where none does."""
    for tensor, theirs in tensors:
        if tensor in host:
            reason = _tensor_difference(model.tensors[tensor], host[tensor], theirs)
            if reason:
                by = next((o for o in model.operators if tensor in o.outputs), None)
                where = f"operator {by.index} {by.op}" if by else "an input"
                return f"{where}, tensor {tensor}: {reason}"
    return ""


def _tensor_difference(tensor, ours, theirs):
    first, rest = (*tensor.shape, 1)[0], tuple(tensor.shape[1:])
    if ours.shape != (first * len(theirs), *rest):
        said = f"{list(ours.shape)} for {len(theirs)} samples"
        return f"the shape is {said}, the file says {list(tensor.shape)} for one"
    if ours.dtype != tensor.dtype.numpy:
        return f"the type is {ours.dtype}, the file says {tensor.dtype.value}"
    for i, b in enumerate(theirs):
        reason = _first_byte(np.ascontiguousarray(ours[i * first : (i + 1) * first]).tobytes(), b)
        if reason:
            return f"{reason} of sample {i}"
    return ""


def _first_byte(a, b):
    if len(a) != len(b):
        return f"{len(a)} bytes on the host, {len(b)} on the firmware"
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y), None)
    return "" if at is None else f"byte {at} is {a[at]} on the host and {b[at]} on the firmware"
