"""What one sample's replay holds in memory, bounded before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from mendlite.errors import UnsupportedModelError
from mendlite.model.graph import Model, Operator
from mendlite.model.tensor import Tensor

MOST_BYTES = 2**31
"""Bytes of one sample's live values and of the operator that runs."""

MOST_WORK = 2**38
"""Multiplications, additions and comparisons of one operator for one sample: minutes."""

MOST_OPERATORS, MOST_INPUTS = 2**14, 2**10
"""Operators of a model, and inputs of its graph, up to which a replay is planned."""

PADDED_BYTES, PATCH_BYTES, OUTPUT_BYTES = 8, 8, 32
"""Bytes a kernel takes for each padded or spread-out input value (float64 or int64), each value
of a convolution's patches, and each output value (float64 or int64, and its temporaries)."""

FACTOR_BYTES = 32
"""Bytes that BATCH_MATMUL takes for each value of its inputs (float64, rounded and split)."""

WINDOWED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"})


def stored_bytes(tensor: Tensor) -> int:
    """Bytes of a tensor's values, of one sample; 0 for a type that numpy does not have."""
    storage = tensor.dtype.numpy
    return 0 if storage is None else prod(tensor.shape) * storage.itemsize


def _kernel(model: Model, operator: Operator) -> tuple[int, int]:
    """(height, width) of an operator's window; (1, 1) where it has none."""
    if operator.op in {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"}:
        shape = model.tensors[operator.inputs[1]].shape
        return (shape[1], shape[2]) if len(shape) == 4 else (1, 1)
    height, width = operator.options.get("filter_h", 1), operator.options.get("filter_w", 1)
    return (height, width) if isinstance(height, int) and isinstance(width, int) else (1, 1)


def _option(operator: Operator, name: str) -> int:
    value = operator.options.get(name, 1)
    return value if isinstance(value, int) and value > 0 else 1


def _padded(model: Model, operator: Operator) -> int:
    """Values of an operator's input with its padding, or spread out by a transposed stride."""
    transposed = operator.op == "TRANSPOSE_CONV"
    shape = model.tensors[operator.inputs[2 if transposed else 0]].shape
    if len(shape) != 4:
        return prod(shape)
    extents = []
    for axis, size in zip((1, 2), _kernel(model, operator), strict=True):
        letter = "hw"[axis - 1]
        stride, dilation = (
            _option(operator, f"stride_{letter}"),
            _option(operator, f"dilation_{letter}"),
        )
        reach = (size - 1) * dilation + 1
        if transposed:
            extents.append((shape[axis] - 1) * stride + 2 * size - 1)
        else:
            extents.append(max(shape[axis], min(shape[axis] + reach, 2 * reach + stride)) + reach)
    channels = shape[3]
    if operator.op == "DEPTHWISE_CONV_2D":
        channels = prod(model.tensors[operator.outputs[0]].shape[-1:])
    return shape[0] * extents[0] * extents[1] * channels


def _windowed(operator: Operator) -> bool:
    return operator.op in WINDOWED or operator.op == "TRANSPOSE_CONV"


def _outputs(model: Model, operator: Operator) -> int:
    return sum(prod(model.tensors[t].shape) for t in operator.outputs)


def _patches(model: Model, operator: Operator) -> int:
    """Values of a convolution's rows: every output position times its window."""
    if operator.op not in {"CONV_2D", "TRANSPOSE_CONV"}:
        return 0
    shape = model.tensors[operator.outputs[0]].shape
    return prod(shape[:-1]) * prod(model.tensors[operator.inputs[1]].shape[1:])


def working_bytes(model: Model, operator: Operator) -> int:
    """Bytes that an operator's kernel takes beside its input, at most, for one sample."""
    padded = _padded(model, operator) if _windowed(operator) else 0
    total = PADDED_BYTES * padded + PATCH_BYTES * _patches(model, operator)
    if operator.op == "BATCH_MATMUL":
        total += FACTOR_BYTES * sum(prod(model.tensors[t].shape) for t in operator.inputs if t >= 0)
    return total + OUTPUT_BYTES * _outputs(model, operator)


def work(model: Model, operator: Operator) -> int:
    """Multiplications (sums, comparisons) of an operator for one sample."""
    outputs = _outputs(model, operator)
    if operator.op in {"CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED"}:
        return outputs * prod(model.tensors[operator.inputs[1]].shape[1:])
    if operator.op == "BATCH_MATMUL":
        shape = model.tensors[operator.inputs[0]].shape
        return outputs * max(shape[-2:], default=1)
    height, width = _kernel(model, operator) if _windowed(operator) else (1, 1)
    return outputs * height * width


def sample_bytes(model: Model, operators: Sequence[Operator]) -> tuple[int, Operator | None]:
    """(bytes, the operator that needs them): the most that one sample's replay holds."""
    most, where = _input_bytes(model), None
    for operator, live in _live(model, operators):
        here = live + working_bytes(model, operator)
        if here > most:
            most, where = here, operator
    return most, where


def live_bytes(model: Model) -> int:
    """Bytes of one sample's live values where they are most, without what kernels take."""
    held = (live for _, live in _live(model, model.operators))
    return max(held, default=_input_bytes(model))


def _input_bytes(model: Model) -> int:
    return sum(stored_bytes(model.tensors[t]) for t in set(model.inputs))


def _live(model: Model, operators: Sequence[Operator]) -> Iterator[tuple[Operator, int]]:
    """Every operator, with the bytes of the values that are live while it runs."""
    last = {t: o.index for o in operators for t in o.inputs}
    kept = set(model.outputs)
    live = _input_bytes(model)
    for operator in operators:
        live += sum(stored_bytes(model.tensors[t]) for t in set(operator.outputs))
        yield operator, live
        for tensor in set(operator.inputs) | set(operator.outputs):
            gone = last.get(tensor, -1) <= operator.index and tensor not in kept
            if tensor >= 0 and model.tensors[tensor].buffer is None and gone:
                live -= stored_bytes(model.tensors[tensor])


def require_bounded(model: Model, operators: Sequence[Operator] | None = None) -> int:
    """Bytes of one sample's replay; raises UnsupportedModelError where that is too much.

    Tensors and operators are the file's own: nothing is allocated to find out.
    """
    chosen = model.operators if operators is None else operators
    require_few(model, chosen)
    for operator in chosen:
        if work(model, operator) > MOST_WORK:
            raise _refusal(operator, f"{work(model, operator):,} products a sample", MOST_WORK)
    most, where = sample_bytes(model, chosen)
    if most > MOST_BYTES:
        if where is None:
            raise UnsupportedModelError(
                f"the inputs need {most:,} bytes a sample; a replay holds at most {MOST_BYTES:,}"
            )
        raise _refusal(where, f"{most:,} bytes a sample", MOST_BYTES)
    return most


def require_few(model: Model, operators: Sequence[Operator]) -> None:
    """Raise UnsupportedModelError for more operators or inputs than a replay is planned for."""
    if len(operators) > MOST_OPERATORS or len(model.inputs) > MOST_INPUTS:
        raise UnsupportedModelError(
            f"the model has {len(operators):,} operators and {len(model.inputs):,} inputs; "
            f"a replay supports at most {MOST_OPERATORS:,} and {MOST_INPUTS:,}"
        )


def _refusal(operator: Operator, what: str, most: int) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"operator {operator.index} {operator.op} needs {what}; a replay uses at most {most:,}"
    )
