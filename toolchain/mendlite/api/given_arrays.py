"""Arrays that callers hand in, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendlite.case.label_forms import class_indices
from mendlite.case.labels import require_finite
from mendlite.errors import BadInputError
from mendlite.reading.npz import NUMBERS

Arrays = NDArray[Any] | Sequence[NDArray[Any]]
"""One array (n, ...), or one for each input or output of the model."""


def label_array(labels: Any, names: tuple[str, ...]) -> NDArray[Any] | None:
    """Labels as numbers: names by their place in ``names``."""
    if labels is None:
        return None
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "U":
        labels = class_indices("labels", labels, names)
    return one_array("labels", labels)


def one_array(name: str, values: Any) -> NDArray[Any]:
    """The array of parameter ``name``; raises BadInputError unless it has rows of numbers."""
    if not isinstance(values, np.ndarray):
        raise BadInputError(f"`{name}` is an array, not {type(values).__name__}")
    if values.dtype.kind not in NUMBERS:
        raise BadInputError(f"`{name}` holds {values.dtype}, not numbers")
    if values.ndim == 0 or len(values) == 0:
        raise BadInputError(f"`{name}` has no rows: shape {list(values.shape)}")
    require_finite(name, values)
    return values


def input_arrays(name: str, given: Any) -> tuple[NDArray[Any], ...]:
    """One array or several, each as ``one_array``."""
    if isinstance(given, np.ndarray):
        return (one_array(name, given),)
    if not isinstance(given, list | tuple):
        raise BadInputError(f"`{name}` is an array or a list of them, not {type(given).__name__}")
    return tuple(one_array(name, values) for values in given)
