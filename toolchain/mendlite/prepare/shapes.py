"""RESHAPE, SQUEEZE, EXPAND_DIMS, SHAPE and PACK."""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.model.tensor import DType
from mendlite.prepare.view import Inferred, Preparation, Shape, described, elements


def reshape(view: Preparation) -> Inferred:
    """RESHAPE (``reshape.cc``): the shape input where it is a vector, else the option."""
    view.require_count(1, 2)
    source = view.input(0)
    requested = _wanted(view)
    if requested is None:
        if elements(view.output.shape) != elements(source.shape):
            raise view.wrong(
                f"{described(source)} of shape {list(source.shape)} does not make the "
                f"{list(view.output.shape)} of {described(view.output)}"
            )
        return Inferred(shape=None, dtype=source.dtype)
    return Inferred(shape=_stretched(view, requested), dtype=source.dtype)


def _wanted(view: Preparation) -> list[int] | None:
    """The requested shape, -1 for the rest; None where the samples' replay computes it."""
    if view.given(1) and len(view.input(1).shape) == 1:
        tensor = view.input(1)
        view.require_type(tensor, DType.INT32)
        values = view.values(1)
        return None if values is None else [int(v) for v in values]
    option = view.operator.options.get("new_shape")
    if not isinstance(option, tuple):
        raise view.wrong("it has neither a shape input nor the option new_shape")
    # A scalar was once written so.
    return [] if option == (0,) else list(option)


def _stretched(view: Preparation, requested: Sequence[int]) -> Shape:
    source = view.input(0).shape
    count, fixed = elements(source), 1
    for extent in requested:
        fixed *= 1 if extent == -1 else extent
    rest = list(requested).count(-1)
    if min(requested, default=0) < -1 or rest > 1 or fixed < 1 or (count % fixed if rest else 0):
        raise view.wrong(f"shape {list(source)} does not reshape to {list(requested)}")
    stretched = tuple(count // fixed if extent == -1 else extent for extent in requested)
    if elements(stretched) != count:
        raise view.wrong(f"shape {list(source)} does not reshape to {list(requested)}")
    return stretched


def densify(view: Preparation) -> Inferred:
    """DENSIFY (``densify.cc``): a sparse constant in its own shape."""
    view.require_count(1)
    source = view.input(0)
    dtype = view.require_one_type(DType.INT8, DType.FLOAT16, DType.FLOAT32)
    if source.dense is None:
        raise view.wrong(f"{described(source)} is no sparse constant")
    return Inferred(shape=source.shape, dtype=dtype)


def squeeze(view: Preparation) -> Inferred:
    """SQUEEZE (``squeeze.cc``): the axes named, or all of extent 1."""
    view.require_count(1)
    source = view.input(0)
    named = view.operator.options.get("squeeze_dims", ())
    axes = {
        view.axis(int(a), len(source.shape), "squeezed axis")
        for a in (named if isinstance(named, tuple) else ())
    }
    for axis in sorted(axes):
        if source.shape[axis] != 1:
            raise view.wrong(
                f"axis {axis} of {described(source)}, {list(source.shape)}, is not of extent 1"
            )
    gone = axes or {a for a, extent in enumerate(source.shape) if extent == 1}
    left = tuple(extent for a, extent in enumerate(source.shape) if a not in gone)
    return Inferred(shape=left, dtype=source.dtype)


def expand_dims(view: Preparation) -> Inferred:
    """EXPAND_DIMS (``expand_dims.cc``): an axis of extent 1 put in."""
    view.require_count(2)
    source, axes = view.input(0), view.numbers(1, "axis")
    if len(axes) != 1:
        raise view.wrong(f"its axis has {len(axes)} values, not one")
    axis = view.axis(axes[0], len(source.shape) + 1, "axis")
    return Inferred(shape=(*source.shape[:axis], 1, *source.shape[axis:]), dtype=source.dtype)


def shape(view: Preparation) -> Inferred:
    """SHAPE: int32 or int64, one value an axis."""
    view.require_count(1)
    view.require_type(view.output, DType.INT32, DType.INT64)
    return Inferred(shape=(len(view.input(0).shape),), dtype=view.output.dtype)


def pack(view: Preparation) -> Inferred:
    """PACK (``pack.cc``): equal tensors along a new axis."""
    count = view.option("values_count")
    view.require_count(max(count, 1))
    first = view.input(0)
    for slot in range(count):
        tensor = view.input(slot)
        if (tensor.shape, tensor.dtype) != (first.shape, first.dtype):
            raise view.wrong(
                f"{described(tensor)} is {tensor.dtype.value} {list(tensor.shape)}, "
                f"{described(first)} {first.dtype.value} {list(first.shape)}"
            )
        if view.output.dtype is first.dtype:
            view.require_same_quantization(tensor)
    axis = view.axis(view.option("axis"), len(first.shape) + 1, "axis")
    return Inferred(shape=(*first.shape[:axis], count, *first.shape[axis:]), dtype=first.dtype)
