"""How the samples of an array and a tensor's shape correspond: defined here alone.

A sample of a tensor is its whole array. A first axis of 1 is a batch of one and is left out, so
samples of (1, 40) are an array (n, 40) and samples of (4, 16) an array (n, 4, 16). Kernels take
the samples side by side along the file's own first axis: (n, 40) and (n * 4, 16).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from numpy.typing import NDArray

from mendlite.model.graph import Model
from mendlite.model.tensor import Tensor


def rows_of(tensor: Tensor) -> int:
    """Rows along the kernels' first axis that a sample takes; a scalar takes one.

    An empty tensor, which preparation refuses, counts as one row.
    """
    return max(tensor.shape[0], 1) if tensor.shape else 1


def sample_shape(tensor: Tensor) -> tuple[int, ...]:
    """The shape of one sample: the tensor's, without a first axis of 1."""
    return tensor.shape[1:] if tensor.shape[:1] == (1,) else tensor.shape


def array_words(tensor: Tensor) -> str:
    """The array of samples that such a tensor takes, as the end of an error; empty for one row."""
    if rows_of(tensor) == 1:
        return ""
    axes = ", ".join(map(str, ("N", *sample_shape(tensor))))
    return f": a sample is the whole input, so N samples are an array ({axes})"


def side_by_side(tensor: Tensor, samples: NDArray[Any]) -> NDArray[Any]:
    """Samples (n, *sample_shape) as kernels take them, (n * rows, *shape[1:])."""
    if rows_of(tensor) == 1:
        return samples
    return samples.reshape(len(samples) * tensor.shape[0], *tensor.shape[1:])


def fed(model: Model, arrays: Sequence[NDArray[Any]]) -> dict[int, NDArray[Any]]:
    """By input tensor, its array of samples as kernels take it; one array an input, in order."""
    pairs = zip(model.inputs, arrays, strict=True)
    return {t: side_by_side(model.tensors[t], x) for t, x in pairs}


def by_sample(tensor: Tensor, rows: NDArray[Any]) -> NDArray[Any]:
    """The values of many samples as kernels return them, as (n, *sample_shape)."""
    return rows if tensor.shape[:1] == (1,) else rows.reshape(-1, *tensor.shape)


def own_rows(inputs: Iterable[Tensor], output: Tensor) -> int:
    """Rows of a sample's output that are a result each; 1 where the output is one result.

    They are where an input has as many rows: a model of (4, 16) to (4, 10) has four results.
    """
    rows = rows_of(output)
    several = len(output.shape) > 1 and any(rows_of(tensor) == rows for tensor in inputs)
    return rows if several else 1


def whole_recordings(rows: int, frames: int) -> int:
    """About so many rows: those of whole recordings of ``frames`` frames each, of one at least."""
    frames = max(1, frames)
    return max(1, rows // frames) * frames


def several_rows(inputs: Iterable[Tensor]) -> str:
    """The first input whose sample is not one row, in words; empty where each is one."""
    for tensor in inputs:
        if not tensor.shape or tensor.shape[0] != 1:
            return (
                f"input '{tensor.name}' has shape {list(tensor.shape)}: its first axis must hold "
                "one sample"
            )
    return ""
