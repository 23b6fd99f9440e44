"""What int16 activations demand: zero-points of 0, biases read as they are, sums that fit."""

from __future__ import annotations

import numpy as np

from mendlite.checker.rounding import quantize_multiplier
from mendlite.checker.site import Site, named
from mendlite.checker.wide import BIAS_TYPE, INT32, sums_in_int32

REACH = 2**47
"""Where the sums of an int64 end: MultiplyByQuantizedMultiplier asserts it."""


def require_symmetric(site: Site) -> None:
    """Every int16 tensor of the operator has the zero-point 0."""
    for index in (*site.op.inputs, *site.op.outputs):
        tensor = site.graph.tensors[index]
        if index >= 0 and str(tensor.dtype) == "int16" and site.parameters(tensor)[1]:
            raise site.wrong(f"{named(tensor)} is int16 with zero-point {tensor.zero}")


def require_wide(site: Site, channel_axis: int) -> None:
    """A layer of int16 activations."""
    for tensor in (site.tensor(0), site.output):
        if site.parameters(tensor)[1]:
            raise site.wrong(f"{named(tensor)} is int16 with zero-point {tensor.zero}")
    _require_read_as_it_is(site)
    if not sums_in_int32(site):
        _require_reach(site, channel_axis)


def _require_read_as_it_is(site: Site) -> None:
    """An int32 bias that the kernel would read as int64 decides nothing."""
    if len(site.op.inputs) < 3 or site.op.inputs[2] < 0:
        return
    if str(site.tensor(2).dtype) != "int32":
        return
    if site.op.name == "DEPTHWISE_CONV_2D":
        raise site.unsupported("an int32 bias")
    stated = int(site.op.option(BIAS_TYPE[site.op.name], "b"))
    if site.profile == "tflite_ref" and stated != INT32:
        raise site.unsupported("an int32 bias that the file does not state")


def _require_reach(site: Site, channel_axis: int) -> None:
    weights = np.moveaxis(np.abs(site.constant(1).astype(np.int64)), channel_axis, -1)
    reach = weights.reshape(-1, weights.shape[-1]).sum(axis=0) * 2**15
    if len(site.op.inputs) > 2 and site.op.inputs[2] >= 0:
        bias = site.constant(2)
        reach = reach + np.clip(np.abs(bias.reshape(-1).astype(np.float64)), 0, 2**60)
    if reach.max() >= REACH:
        raise site.unsupported(f"sums of up to {reach.max():g}")
    first, output = site.parameters(site.tensor(0))[0], site.parameters(site.output)[0]
    for scale in site.tensor(1).quantized.scale.tolist():
        if quantize_multiplier(first * scale / output, single=False)[1] > 7:
            raise site.unsupported(f"a multiplier of {first * scale / output:g}")
