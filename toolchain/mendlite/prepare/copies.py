"""Every operator that copies values to other places."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mendlite.model.rounding import Profile
from mendlite.model.tensor import DType, Tensor
from mendlite.prepare import blocks, cutting, gathering
from mendlite.prepare.copying import Copying
from mendlite.prepare.view import Inferred, Preparation, described

COPIES: Mapping[str, Callable[[Preparation], Copying]] = {
    "SPLIT": cutting.split,
    "SPLIT_V": cutting.split_v,
    "UNPACK": cutting.unpack,
    "SLICE": cutting.slice_,
    "REVERSE_V2": cutting.reverse,
    "TILE": cutting.tile,
    "BROADCAST_TO": cutting.broadcast_to,
    "GATHER": gathering.gather,
    "GATHER_ND": gathering.gather_nd,
    "SPACE_TO_DEPTH": blocks.space_to_depth,
    "DEPTH_TO_SPACE": blocks.depth_to_space,
    "SPACE_TO_BATCH_ND": blocks.space_to_batch,
    "BATCH_TO_SPACE_ND": blocks.batch_to_space,
    "MIRROR_PAD": blocks.mirror_pad,
    "RESIZE_NEAREST_NEIGHBOR": blocks.resize_nearest,
}
"""What each copies; raises as preparation does where the file contradicts itself."""


ALIKE = frozenset({"UNPACK", "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "MIRROR_PAD"})
"""Those whose Prepare compares the parameters of input and output in LiteRT; others copy bytes, and
TFLite Micro compares none."""


def copies(view: Preparation) -> tuple[Inferred, ...]:
    """Shapes and types of the outputs."""
    found = COPIES[view.operator.op](view)
    source = view.input(found.slots[0])
    dtype = source.dtype
    if view.operator.op in ALIKE and view.profile is Profile.TFLITE_REF:
        for index in view.operator.outputs:
            _require_alike(view, source, view.model.tensors[index])
    return tuple(Inferred(shape=shape, dtype=dtype) for shape in found.shapes)


def _require_alike(view: Preparation, source: Tensor, output: Tensor) -> None:
    """Raise MalformedModelError where LiteRT refuses the parameters of a copy."""
    given, wanted = _parameters(source), _parameters(output)
    if given != wanted:
        raise view.wrong(
            f"{described(source)} has scale {given[0]:g} and zero-point {given[1]}, its output, "
            f"{described(output)}, {wanted[0]:g} and {wanted[1]}: they must be equal"
        )
    if source.dtype is DType.INT16 and view.operator.op != "UNPACK" and given[1]:
        raise view.wrong(f"{described(source)} is INT16 with zero-point {given[1]}, not 0")


def _parameters(tensor: Tensor) -> tuple[float, int]:
    """Scale and zero-point as LiteRT holds them: 0 and 0 without any."""
    if tensor.quant is None or not tensor.quant.scale.size:
        return 0.0, 0
    return float(tensor.quant.scale[0]), int(tensor.quant.zero_point[0])
