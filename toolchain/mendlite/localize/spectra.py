"""Test spectra of one layer's neurons (QNNRepair, section 4.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mendlite.model.spectra import Spectra


def differing(reference: NDArray[np.bool_], quantized: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Positions of each test and neuron whose activation status differs, i64[n, C].

    ``reference`` and ``quantized`` bool[n, ..., C] say where the output is above zero; all
    positions of a convolution share the neuron's weights.
    """
    if reference.shape != quantized.shape:
        raise ValueError("the two models' statuses differ in shape")
    flat = (reference != quantized).reshape(reference.shape[0], -1, reference.shape[-1])
    result: NDArray[np.int64] = flat.sum(axis=1, dtype=np.int64)
    return result


def count_spectra(
    layer: int, positions: int, differs: NDArray[np.int64], failing: NDArray[np.bool_]
) -> Spectra:
    """Spectra from ``differing`` i64[n, C] of n tests with ``positions`` each; failing bool[n].

    A test with d of P differing positions adds d to the active and P - d to the inactive sum.
    """
    same = positions - differs
    if np.any(same < 0):
        raise ValueError("more positions differ than there are")
    passing = ~failing
    return Spectra(
        layer=layer,
        positions=positions,
        active_fail=differs[failing].sum(axis=0, dtype=np.int64),
        active_pass=differs[passing].sum(axis=0, dtype=np.int64),
        inactive_fail=same[failing].sum(axis=0, dtype=np.int64),
        inactive_pass=same[passing].sum(axis=0, dtype=np.int64),
    )
