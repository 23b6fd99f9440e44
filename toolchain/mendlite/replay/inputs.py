"""Check inputs against a model before any kernel sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from mendlite.errors import BadInputError, UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.rows import sample_shape
from mendlite.model.tensor import DType


def require_inputs(model: Model, inputs: Sequence[NDArray[Any]]) -> None:
    """Raise BadInputError unless dtypes and shapes are the model's, with any number of samples."""
    if len(inputs) != len(model.inputs):
        raise BadInputError(f"the model has {len(model.inputs)} inputs, {len(inputs)} were passed")
    for values, index in zip(inputs, model.inputs, strict=True):
        tensor = model.tensors[index]
        shape = sample_shape(tensor)
        if values.dtype != tensor.dtype.numpy or values.ndim < 1 or values.shape[1:] != shape:
            raise BadInputError(
                f"input '{tensor.name}' needs {tensor.dtype.value} {list(shape)} a sample, but the "
                f"samples are {values.dtype} {list(values.shape[1:])}"
            )
        if len(values) != len(inputs[0]):
            raise BadInputError("the inputs have different numbers of samples")


def require_constant_free(model: Model, tensors: Sequence[int]) -> None:
    """Raise ValueError where a constant or an unknown tensor is requested.

    UnsupportedModelError where that is an output of the graph, or a variable's handle is one.
    """
    written = {t for operator in model.operators for t in operator.outputs} | set(model.inputs)
    for tensor in tensors:
        if tensor not in written and tensor in model.outputs:
            raise UnsupportedModelError(
                f"output '{model.tensors[tensor].name}' is computed by no operator"
            )
        if model.tensors[tensor].dtype is DType.RESOURCE and tensor in model.outputs:
            raise UnsupportedModelError(
                f"output '{model.tensors[tensor].name}' is a variable's handle: it has no values"
            )
        if tensor not in written:
            raise ValueError(f"tensor {tensor} is not computed by the model")
