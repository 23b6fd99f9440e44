"""What a bounded replay of the float, the int8 and the repaired model shows of each tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.case import Case
from mendlite.localize.noise import Energy, energy
from mendlite.model.graph import Model
from mendlite.model.rows import whole_recordings
from mendlite.model.samples import Samples
from mendlite.model.tensor import STORED
from mendlite.prepare.memory import stored_bytes
from mendlite.replay.collect import collect
from mendlite.tflite.logits import real_values

SAMPLES = 64
"""Selection samples that are replayed."""

AT_ONCE, BYTES = 16, 2**27
"""Samples whose tensors are held at a time, of both models; fewer of a large model."""

VALUES = 2048
"""Values of a tensor that are kept from each replay of at most AT_ONCE samples."""

Real = NDArray[np.float64]
Twins = Mapping[int, int]
"""By tensor of the int8 file, the float model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A quantized model and the float model that it should equal."""

    quantized: Model
    reference: Model


@dataclass(slots=True)
class WatchedTensor:
    """Energies of one tensor, the ends of the float values, and some of them."""

    noise: Energy = field(default_factory=lambda: Energy(signal=0.0, noise=0.0))
    low: float = float("inf")
    high: float = float("-inf")
    values: list[Real] = field(default_factory=list)

    def add(self, exact: Real, rounded: Real) -> None:
        """Add a part of the samples."""
        finite = exact[np.isfinite(exact)]
        self.noise += energy(exact, rounded)
        self.low = min(self.low, float(finite.min(initial=np.inf)))
        self.high = max(self.high, float(finite.max(initial=-np.inf)))
        self.values.append(_thinned(exact))

    @property
    def sample(self) -> Real:
        """Some of the float values, those that are finite."""
        values = np.concatenate(self.values)
        finite: Real = values[np.isfinite(values)]
        return finite


def watch(case: Case, pair: Pair, samples: Samples, twins: Twins) -> dict[int, WatchedTensor]:
    """What is seen of the tensors of ``twins`` on the reference kernels."""
    seen = {tensor: WatchedTensor() for tensor in twins}
    for exact, rounded in _parts(case, pair, samples, twins):
        for tensor, twin in twins.items():
            real = real_values(pair.quantized, tensor, rounded[tensor])
            seen[tensor].add(exact[twin].astype(np.float64).reshape(real.shape), real)
    return seen


def _parts(
    case: Case, pair: Pair, samples: Samples, twins: Twins
) -> Iterator[tuple[Mapping[int, NDArray[Any]], Mapping[int, NDArray[Any]]]]:
    """Values by tensor of the float and of the int8 model, some samples at a time."""
    # All tensors of the float model are held, and those of the quantized one as real values.
    held = 2 * sum(stored_bytes(pair.reference.tensors[t]) for t in twins.values())
    at_once = min(AT_ONCE, max(BYTES // max(held, 1), 1))
    at_once = whole_recordings(at_once, pair.quantized.frames)
    inputs = (case.float_inputs(samples), case.quantized_inputs(samples, pair.quantized))
    wanted: tuple[Sequence[int], Sequence[int]] = (sorted(set(twins.values())), sorted(twins))
    runners = [case.execution.reference_runner(model) for model in (pair.reference, pair.quantized)]
    for begin in range(0, case.rows(samples), at_once):
        part = slice(begin, begin + at_once)
        first, second = (
            collect(runner, [x[part] for x in values], tensors)
            for runner, values, tensors in zip(runners, inputs, wanted, strict=True)
        )
        yield first, second


def _thinned(values: Real) -> Real:
    """At most VALUES values at equal distances that fall on all channels alike."""
    flat = values.reshape(-1)
    step = max(1, ceil(flat.size / VALUES))
    while gcd(step, values.shape[-1] if values.ndim > 1 else 1) != 1:
        step += 1
    return flat[::step].copy()


def is_integer(model: Model, tensor: int) -> bool:
    """Whether a tensor holds integers with one scale."""
    described = model.tensors[tensor]
    quant = described.quant
    return described.dtype in STORED and quant is not None
