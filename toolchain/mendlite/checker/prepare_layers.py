"""Shapes, types, biases and multipliers of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

from math import prod

import numpy as np

from mendlite.checker.layers import real_multipliers
from mendlite.checker.prepare_wide import require_wide
from mendlite.checker.site import BYTES, Found, Site, named
from mendlite.checker.tensor import TensorView

KINDS = {
    ("int8", "int8"): "int8",
    ("int16", "int8"): "int16",
    ("uint8", "uint8"): "uint8",
    ("float32", "float32"): "float32",
    ("float32", "int8"): "float32",
}

BIASES = {
    "int8": ("int32",), "uint8": ("int32",), "int16": ("int32", "int64"), "float32": ("float32",),
}  # fmt: skip
"""Types of a bias by the input's."""


def conv(site: Site) -> Found:
    """Weights (o, kh, kw, i)."""
    kind = layer_kind(site, channel_axis=0, activation=3)
    x, w = _shapes(site)
    if x[3] != w[3]:
        raise site.unsupported("grouped channels")
    return (x[0], *_windows(site, x, w, 4), w[0]), kind


def depthwise(site: Site) -> Found:
    """Weights (1, kh, kw, o)."""
    kind = layer_kind(site, channel_axis=3, activation=4)
    x, w = _shapes(site)
    if w[0] != 1 or w[3] % x[3] or int(site.op.option(3, "i")) * x[3] != w[3]:
        raise site.wrong(f"weights {list(w)} over {list(x)} with another depth_multiplier")
    hybrid = (site.kind(0), site.kind(1)) == ("float32", "int8")
    if hybrid and site.tensor(1).packed:
        raise site.unsupported("int4 weights of DEPTHWISE_CONV_2D under a float input")
    if hybrid and site.tensor(1).quantized.scale.size < w[3]:
        raise site.unsupported("one scale for all channels of weights under a float input")
    return (x[0], *_windows(site, x, w, 5), w[3]), kind


def _shapes(site: Site) -> tuple[tuple[int, ...], tuple[int, ...]]:
    x, w = site.tensor(0).shape, site.tensor(1).shape
    if len(x) != 4 or len(w) != 4:
        raise site.wrong(f"an input of {list(x)} under weights of {list(w)}")
    return x, w


def _windows(
    site: Site, x: tuple[int, ...], w: tuple[int, ...], dilation_field: int
) -> tuple[int, int]:
    height, width = (
        site.extent(
            x[axis],
            w[axis],
            int(site.op.option(3 - axis, "i")),
            int(site.op.option(dilation_field + 2 - axis, "i", 1)),
            same=site.same(),
        )
        for axis in (1, 2)
    )
    return height, width


def dense(site: Site) -> Found:
    """Weights (o, i); all values of the input, i at a time."""
    kind = layer_kind(site, channel_axis=0, activation=0)
    x, w = site.tensor(0).shape, site.tensor(1).shape
    if len(w) != 2 or prod(x) % w[1]:
        raise site.wrong(f"weights {list(w)} over {list(x)}")
    if int(site.op.option(1, "b")):
        raise site.unsupported("shuffled weights")
    if kind != "float32":
        _require_bias_step(site)
    if not site.op.option(2, "?"):
        return (prod(x) // w[1], w[0]), kind
    if x[-1:] != w[1:]:
        raise site.wrong(f"weights {list(w)} over the last axis of {list(x)}")
    return (*x[:-1], w[0]), kind


def layer_kind(site: Site, *, channel_axis: int, activation: int) -> str:
    """What all layers ask; returns the output's type."""
    site.require_inputs(2, 3)
    kind = KINDS.get((site.kind(0), site.kind(1)))
    if kind is None:
        raise site.unsupported(f"types {site.kind(0)} and {site.kind(1)}")
    weights = site.tensor(1)
    if weights.data is None and weights.known is None:
        raise site.unsupported("computed weights")
    if channel_axis >= len(weights.shape):
        raise site.wrong(f"weights of shape {list(weights.shape)}")
    channels = weights.shape[channel_axis]
    if site.kind(1) in BYTES:
        _require_scales(site, weights, channels)
    _require_bias(site, channels)
    if str(site.output.dtype) == kind:
        site.require_activation(activation)
        if kind != "float32":
            _require_factors(site)
        if kind == "int16":
            require_wide(site, channel_axis)
    return kind


def _require_scales(site: Site, weights: TensorView, channels: int) -> None:
    if weights.blocks is not None:
        dense = site.op.name == "FULLY_CONNECTED" and site.kind(0) == "float32"
        if not dense or weights.blocks.size % 32:
            raise site.unsupported("blocks that XNNPACK does not run")
        return
    if weights.quant is None:
        raise site.wrong(f"{named(weights)} has no scale")
    count = weights.quant.scale.size
    if site.kind(1) == "uint8" and count != 1:
        raise site.unsupported("uint8 weights with several scales")
    if site.kind(1) == "int8" and weights.quant.zero_point.any():
        raise site.unsupported("weights with a zero-point")
    if count not in {1, channels}:
        raise site.wrong(f"{named(weights)} has {count} scales for {channels} channels")


def _require_bias(site: Site, channels: int) -> None:
    if len(site.op.inputs) < 3 or site.op.inputs[2] < 0:
        return
    bias = site.tensor(2)
    wanted = BIASES[site.kind(0)]
    fits = {(channels,), (1, channels), (1, 1, 1, channels)}
    if str(bias.dtype) not in wanted or bias.shape not in fits:
        raise site.wrong(
            f"its bias, {named(bias)}, is {bias.dtype} {list(bias.shape)}, "
            f"not {' or '.join(wanted)} [{channels}]"
        )
    if bias.data is None and bias.known is None:
        raise site.unsupported("a computed bias")
    if bias.quant is not None and bias.quant.zero_point.any():
        raise site.wrong(f"its bias, {named(bias)}, has a zero-point")


def _require_factors(site: Site) -> None:
    site.parameters(site.tensor(0))
    site.parameters(site.output)
    with np.errstate(all="ignore"):
        for real in real_multipliers(site).tolist():
            site.require_factor(real)


def _require_bias_step(site: Site) -> None:
    """One weight scale: the bias is in steps of s_x s_w, to 2 % of an output step."""
    scales = site.tensor(1).quantized.scale
    if scales.size != 1 or len(site.op.inputs) < 3 or site.op.inputs[2] < 0:
        return
    if str(site.output.dtype) == "float32":
        return
    quant = site.tensor(2).quant
    stored = 0.0 if quant is None or quant.scale.size != 1 else float(quant.scale[0])
    with np.errstate(all="ignore"):
        product = float(np.float32(site.tensor(0).scale) * np.float32(scales[0]))
    if abs(product - stored) > 0.02 * site.output.scale:
        raise site.wrong(f"its bias has scale {stored:g}, input and weights {product:g}")
