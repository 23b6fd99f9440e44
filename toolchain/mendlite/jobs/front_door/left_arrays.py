"""Arrays of the data that feed no input: left out only where they could not be meant."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from mendlite.errors import NotSureError
from mendlite.model.loaded_data import LoadedData
from mendlite.reading.limited import shown


def require_none_left(data: LoadedData, order: Sequence[int], inputs: int) -> None:
    """Raise NotSureError for an array that feeds nothing and has samples as large as one that does.

    ``order`` are the numbers of the arrays that feed the model's ``inputs``.
    """
    sizes = [prod(array.shape[1:]) for array in data.arrays]
    used = {sizes[i] for i in order}
    left = [i for i in range(len(sizes)) if i not in order and sizes[i] in used]
    if not left:
        return
    alike = [i for i in range(len(sizes)) if sizes[i] == sizes[left[0]]]
    listed = " and ".join(shown(data.names[i]) or f"array {i}" for i in alike)
    raise NotSureError(
        f"{listed} are alike in shape, and the model has {inputs} inputs: name those that feed it, "
        "in the model's order, with `inputs`"
    )
