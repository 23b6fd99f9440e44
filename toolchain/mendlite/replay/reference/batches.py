"""Neighbouring slices that are run as one: the same values from fewer calls of the kernels.

A slice is what numpy's kernels with their copied patches hold in a core's cache. Compiled kernels
copy none, and on a slice of a small model calling them takes longer than computing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.compiled.trial import usable
from mendlite.model.rows import rows_of
from mendlite.prepare.memory import MOST_BYTES, stored_bytes
from mendlite.replay.reference.execute import PreparedModel, run_operators

Values = dict[int, NDArray[Any]]

BATCH_BYTES = 8 * 2**20
"""Bytes of the largest operator's inputs and outputs in a batch, and of what is kept of it."""

MOST_SAMPLES = 256

TURNS = 2
"""Batches a worker, at least: the last ones end together."""


def slices_together(
    program: PreparedModel, size: int, count: int, workers: int, keep: Collection[int] = ()
) -> int:
    """How many of ``count`` slices of ``size`` samples are run as one; 1 on numpy's kernels.

    The values of ``keep`` are all held until the batch has run.
    """
    if not usable() or program.prepared.interpreted:
        return 1
    fit = min(
        BATCH_BYTES // (_sample_bytes(program, keep) * size),
        MOST_BYTES // (program.prepared.bytes * size * workers),
        MOST_SAMPLES // size,
    )
    return max(1, min(fit, count // (TURNS * workers)))


def _sample_bytes(program: PreparedModel, keep: Collection[int]) -> int:
    """Bytes of one sample: what is kept, or what the largest operator reads and writes."""
    tensors, batched = program.model.tensors, program.batched
    ends = ((*one.inputs, *one.outputs) for one in program.model.operators)
    return max(
        1,
        *(sum(stored_bytes(tensors[t]) for t in each if t in batched) for each in (keep, *ends)),
    )


def samples_of(program: PreparedModel, values: Mapping[int, NDArray[Any]]) -> int:
    """How many samples live values are of."""
    tensor = next(t for t in values if t in program.batched)
    return len(values[tensor]) // rows_of(program.model.tensors[tensor])


def run_together(
    program: PreparedModel, slices: Sequence[Values], span: range, keep: Collection[int]
) -> list[Values]:
    """The slices' values behind the operators ``span``, as ``run_operators`` leaves them."""
    sizes = [samples_of(program, values) for values in slices]
    joined = {t: _joined(program, t, slices) for t in slices[0]}
    run_operators(program, joined, span, keep)
    return split(program, joined, sizes)


def _joined(program: PreparedModel, tensor: int, slices: Sequence[Values]) -> NDArray[Any]:
    parts = [values[tensor] for values in slices]
    return np.concatenate(parts) if len(parts) > 1 and tensor in program.batched else parts[0]


def split(
    program: PreparedModel, values: Mapping[int, NDArray[Any]], sizes: Sequence[int]
) -> list[Values]:
    """The values of slices of so many samples; each has all that does not depend on them."""
    ends = np.cumsum([0, *sizes]).tolist()
    return [
        {
            t: x[len(x) * begin // ends[-1] : len(x) * end // ends[-1]]
            if t in program.batched
            else x
            for t, x in values.items()
        }
        for begin, end in pairwise(ends)
    ]
