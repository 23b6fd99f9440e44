"""PAD, PADV2, TRANSPOSE and CONCATENATION."""

from __future__ import annotations

from mendlite.model.tensor import STORED, DType, Tensor
from mendlite.prepare.view import ROUNDED_BELOW, Inferred, Preparation, described, elements


def paddings(view: Preparation) -> list[tuple[int, int]]:
    """(before, after) of every axis of a PAD or PADV2; raises where they do not fit."""
    source, tensor = view.input(0), view.input(1)
    values = view.numbers(1, "paddings")
    if tensor.shape != (len(source.shape), 2):
        raise view.wrong(
            f"its paddings, {described(tensor)}, have shape {list(tensor.shape)} for an input of "
            f"rank {len(source.shape)}"
        )
    if min(values, default=0) < 0:
        raise view.wrong(f"its paddings {values} are negative")
    return list(zip(values[::2], values[1::2], strict=True))


def pad(view: Preparation) -> Inferred:
    """PAD with what stands for zero, PADV2 with a value of its own (``pad.cc``)."""
    valued = view.operator.op == "PADV2"
    view.require_count(3 if valued else 2)
    source = view.input(0)
    view.require_type(source, *STORED, DType.FLOAT32)
    pairs = paddings(view)
    if view.output.dtype is source.dtype and source.dtype is not DType.FLOAT32:
        view.quantized(view.output)
    if valued:
        _require_value(view)
    shape = tuple(n + a + b for n, (a, b) in zip(source.shape, pairs, strict=True))
    return Inferred(shape=shape, dtype=source.dtype)


def _require_value(view: Preparation) -> None:
    source, value = view.input(0), view.input(2)
    if value.dtype is not source.dtype or elements(value.shape) != 1:
        raise view.wrong(
            f"its value, {described(value)}, is {value.dtype.value} {list(value.shape)}, "
            f"not one {source.dtype.value}"
        )
    if view.values(2) is None:
        raise view.unsupported(f"its value, {described(value)}, is not a constant")
    if view.output.dtype is source.dtype:
        view.require_same_quantization(value)


def transpose(view: Preparation) -> Inferred:
    """TRANSPOSE (``transpose.cc``)."""
    view.require_count(2)
    source, order = view.input(0), view.numbers(1, "permutation")
    if sorted(order) != list(range(len(source.shape))):
        raise view.wrong(f"{order} is no permutation of the axes of {list(source.shape)}")
    return Inferred(shape=tuple(source.shape[a] for a in order), dtype=source.dtype)


def concatenation(view: Preparation) -> Inferred:
    """CONCATENATION (``concatenation.cc``): int8 kernels copy, uint8 ones rescale."""
    count = len(view.operator.inputs)
    view.require_count(max(count, 1))
    if view.text_option("activation", "NONE") != "NONE":
        raise view.unsupported("a fused activation")
    first = view.input(0).shape
    axis = view.axis(view.option("axis"), len(first), "axis")
    dtype, total = view.input(0).dtype, 0
    for slot in range(count):
        tensor = view.input(slot)
        rest = [extent for a, extent in enumerate(tensor.shape) if a != axis]
        if (
            len(tensor.shape) != len(first)
            or rest != [extent for a, extent in enumerate(first) if a != axis]
            or tensor.dtype is not dtype
        ):
            raise view.wrong(
                f"{described(tensor)}, {tensor.dtype.value} {list(tensor.shape)}, does not join "
                f"{described(view.input(0))}, {dtype.value} {list(first)}, along axis {axis}"
            )
        if view.output.dtype is dtype is DType.UINT8:
            _require_joined_scale(view, tensor)
        elif view.output.dtype is dtype:
            view.require_same_quantization(tensor)
        total += tensor.shape[axis]
    return Inferred(shape=(*first[:axis], total, *first[axis + 1 :]), dtype=dtype)


def _require_joined_scale(view: Preparation, tensor: Tensor) -> None:
    """Raise where a uint8 input in steps of the output leaves int32 (``ConcatenationWithScaling``).

    It is cast from float32.
    """
    ratio = view.quantized(tensor)[0] / view.quantized(view.output)[0]
    if not 255 * ratio < ROUNDED_BELOW:
        raise view.wrong(
            f"{described(tensor)} has scale {view.quantized(tensor)[0]:g}, its output, "
            f"{described(view.output)}, {view.quantized(view.output)[0]:g}: more steps than int32 "
            "holds"
        )
