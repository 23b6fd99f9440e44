"""Files that do not belong together, and samples that can show nothing, or too little."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.labels import require_finite
from mendlite.case.samples import FEWEST, split_counts
from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.loaded_data import LoadedData
from mendlite.pairing.layers import pair_layers
from mendlite.pairing.verdict import judge_pairs, require_same_network
from mendlite.reading.limited import shown
from mendlite.understanding.asked import Asked
from mendlite.understanding.candidates import plain_name


def require_enough(data: LoadedData) -> None:
    """Raise BadInputError for too few samples, or too few that differ."""
    split_counts(data.total)
    if not any(_varies(array) for array in data.arrays):
        raise BadInputError(
            f"all {data.count} samples are equal: give samples like those that the device will see"
        )
    different = len({_digest(data.arrays, row) for row in range(min(data.count, 2000))})
    if different < min(FEWEST, data.count):
        raise BadInputError(
            f"only {different} of {data.count} samples differ from each other: {FEWEST} are the "
            "fewest that can be split into three sets"
        )


def _digest(arrays: tuple[NDArray[Any], ...], row: int) -> bytes:
    return sha256(b"".join(np.ascontiguousarray(a[row]).tobytes() for a in arrays)).digest()


def _varies(array: NDArray[Any]) -> bool:
    return len(array) > 1 and bool(np.any(array[1:] != array[:1]))


def require_numbers(data: LoadedData) -> None:
    """Raise BadInputError where an array holds something else than finite numbers."""
    for name, array in zip(data.names, data.arrays, strict=True):
        if array.dtype.kind not in "biuf":
            raise BadInputError(f"array '{shown(name)}' holds {array.dtype}, not numbers")
        require_finite(name, array)


def require_pair(reference: Model, quantized: Model, asked: Asked) -> None:
    """Raise BadInputError where two models are not one network with inputs in one order."""
    pairs = pair_layers(reference, quantized)
    if not asked.allow_other_network:
        require_same_network(judge_pairs(reference, quantized, pairs))
    first, second = (
        [plain_name(model.tensors[t].name) for t in model.inputs]
        for model in (reference, quantized)
    )
    if first != second and sorted(first) == sorted(second):
        raise BadInputError(
            f"the float model's inputs are {', '.join(map(shown, first))} and the int8 model's "
            f"{', '.join(map(shown, second))}: both must be in one order: convert one of them again"
        )
