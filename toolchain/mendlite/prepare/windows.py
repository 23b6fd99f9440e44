"""Windows of convolutions and pools (``padding.h``: ComputeOutSize)."""

from __future__ import annotations

from collections.abc import Sequence

from mendlite.prepare.view import Preparation, Shape

Pair = tuple[int, int]

AXES = ("height", "width")


def strides(view: Preparation) -> Pair:
    """The options stride_h and stride_w."""
    return view.option("stride_h"), view.option("stride_w")


def padding(view: Preparation) -> str:
    """SAME or VALID; raises UndefinedResultError for another."""
    name = view.text_option("padding", "SAME")
    if name not in {"SAME", "VALID"}:
        raise view.undefined(f"the padding {name} is none of SAME and VALID")
    return name


def window_output(
    view: Preparation, spatial: Pair, size: Pair, stride: Pair, dilation: Pair
) -> Pair:
    """Output (height, width) of a window over ``spatial``; raises MalformedModelError if none."""
    same = padding(view) == "SAME"
    extents = [
        _extent(view, name, numbers, same=same)
        for name, *numbers in zip(AXES, spatial, size, stride, dilation, strict=True)
    ]
    return extents[0], extents[1]


def _extent(view: Preparation, axis: str, numbers: Sequence[int], *, same: bool) -> int:
    """Output along one axis of input extent, window size, stride and dilation."""
    extent, size, stride, dilation = numbers
    if min(size, stride, dilation) < 1:
        raise view.wrong(
            f"its window's {axis} is {size} with stride {stride} and dilation {dilation}: "
            "none may be below 1"
        )
    reach = (size - 1) * dilation + 1
    if same:
        return -(-extent // stride)
    if reach > extent:
        raise view.wrong(
            f"its window reaches over {reach} positions of the {axis}, the input has {extent}"
        )
    return -(-(extent - reach + 1) // stride)


def require_rank(view: Preparation, shape: Shape, rank: int, what: str) -> None:
    """Raise MalformedModelError for a tensor of another rank."""
    if len(shape) != rank:
        raise view.wrong(f"its {what} has shape {list(shape)}: its rank must be {rank}")
