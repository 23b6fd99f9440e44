"""Every operator that copies values to other places."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mendlite.prepare import blocks, cutting, gathering
from mendlite.prepare.copying import Copying
from mendlite.prepare.view import Inferred, Preparation

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


def copies(view: Preparation) -> tuple[Inferred, ...]:
    """Shapes and types of the outputs."""
    found = COPIES[view.operator.op](view)
    dtype = view.input(found.slots[0]).dtype
    return tuple(Inferred(shape=shape, dtype=dtype) for shape in found.shapes)
