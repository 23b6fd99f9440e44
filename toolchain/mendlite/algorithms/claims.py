"""What is claimed of new weights for a layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mendlite.algorithms.row_sums import squares_of
from mendlite.model.layer_system import LayerRepair, LayerSystem


def claim(system: LayerSystem, weights: NDArray[np.int64]) -> LayerRepair:
    """The repair with ``weights`` i64[C, K] in the channels that they bring nearer their targets.

    The bias stays, and so do channels that may not be edited.
    """
    before, after = squares_of(system), squares_of(replace(system, weights=weights))
    better = (after < before) & system.editable
    return LayerRepair(
        weights=np.where(better[:, None], weights, system.weights),
        bias=system.bias,
        before=before,
        after=np.where(better, after, before),
    )
