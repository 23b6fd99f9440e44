"""Samples that ``mendlite device infer`` reads, and outputs that it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from mendlite.errors import BadInputError
from mendlite.model.graph import Model
from mendlite.model.rows import sample_shape
from mendlite.reading.npz import read_npy, read_npz
from mendlite.replay.runner import Values


def require_computed(model: Model, tensors: list[int]) -> None:
    """Raise BadInputError for a tensor that no operator writes."""
    computed = {t for o in model.operators for t in o.outputs}
    for tensor in tensors:
        if tensor not in computed:
            raise BadInputError(f"--tensor {tensor}: no operator of the model writes it")


def shapes(values: Values) -> str:
    """Each tensor with its shape."""
    return ", ".join(f"tensor_{t} {list(x.shape)}" for t, x in values.items())


def show_outputs(outputs: NDArray[Any]) -> None:
    """Print the class and the first values of each sample."""
    for row, sample in enumerate(outputs.reshape(len(outputs), -1)):
        shown = " ".join(str(v) for v in sample[:16].tolist())
        more = " ..." if sample.size > 16 else ""
        click.echo(f"{row:6}  top {int(np.argmax(sample)):4}  {shown}{more}")


def read_inputs(path: Path, model: Model) -> list[NDArray[Any]]:
    """Samples in the model's own input types; raises BadInputError where they are not."""
    arrays = [read_npy(path)] if path.suffix == ".npy" else list(read_npz(path, None).values())
    inputs = []
    for array, index in zip(arrays, model.inputs, strict=False):
        tensor = model.tensors[index]
        shape = sample_shape(tensor)
        if array.dtype != tensor.dtype.numpy or array.ndim != len(shape) + 1:
            raise BadInputError(
                f"{path}: input '{tensor.name}' needs {tensor.dtype.value} "
                f"{list(shape)} a sample, not {array.dtype} {list(array.shape)}"
            )
        inputs.append(array)
    return inputs
