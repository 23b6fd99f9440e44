"""Shapes, types and multipliers of pools, MEAN, SOFTMAX, QUANTIZE, DEQUANTIZE and SHAPE."""

from __future__ import annotations

from math import isfinite, prod

from mendlite.checker.others import SHARES
from mendlite.checker.prepare_wide import require_symmetric
from mendlite.checker.site import BYTES, STORED, Found, Site, named

REAL_OR_STORED = ("float32", *STORED)


def _kind(site: Site, *kinds: str) -> str:
    kind = site.kind(0)
    if kind not in kinds:
        raise site.unsupported(f"type {kind}")
    return kind


def pool(site: Site) -> Found:
    """AVERAGE_POOL_2D and MAX_POOL_2D."""
    site.require_inputs(1)
    kind = _kind(site, *REAL_OR_STORED)
    shape = site.tensor(0).shape
    if len(shape) != 4:
        raise site.wrong(f"an input of shape {list(shape)}")
    # Pool2DOptions: stride_w 1, stride_h 2, filter_width 3, filter_height 4, activation 5.
    size = [int(site.op.option(5 - axis, "i")) for axis in (1, 2)]
    ends = [
        site.extent(shape[axis], size[axis - 1], int(site.op.option(3 - axis, "i")), 1,
                    same=site.same())
        for axis in (1, 2)
    ]  # fmt: skip
    if str(site.output.dtype) == kind:
        site.require_activation(5)
        if kind in STORED:
            _require_equal(site)
    averaged = min(size[0], shape[1]) * min(size[1], shape[2])
    if site.op.name == "AVERAGE_POOL_2D" and kind in STORED:
        _require_few(site, averaged)
    return (shape[0], ends[0], ends[1], shape[3]), kind


def _require_equal(site: Site) -> None:
    source, output = site.parameters(site.tensor(0)), site.parameters(site.output)
    if abs(source[0] - output[0]) > 1e-6 or source[1] != output[1]:
        raise site.wrong(f"a pool from scale and zero-point {source} to {output}")


def _require_few(site: Site, count: int) -> None:
    if count >= (2**16 if site.kind(0) == "int16" else 2**23):
        raise site.unsupported(f"a mean of {count} values")


def mean(site: Site) -> Found:
    """Axes go, or stay as 1."""
    site.require_inputs(2)
    kind = _kind(site, *REAL_OR_STORED)
    shape, keep = site.tensor(0).shape, bool(site.op.option(0, "?"))
    axes = {site.one_of(a, len(shape)) for a in site.constants(1)}
    if kind == str(site.output.dtype) != "float32":
        require_symmetric(site)
        _require_few(site, prod(shape[a] for a in axes))
        site.require_factor(site.parameters(site.tensor(0))[0] / site.parameters(site.output)[0])
    kept = [1 if a in axes else shape[a] for a in range(len(shape)) if keep or a not in axes]
    return tuple(kept), kind


def softmax(site: Site) -> Found:
    """Over the last axis."""
    site.require_inputs(1)
    kind, shape = _kind(site, *REAL_OR_STORED), site.tensor(0).shape
    beta = float(site.op.option(0, "f"))
    if not shape or not isfinite(beta) or beta <= 0:
        raise site.wrong(f"beta {beta:g} over shape {list(shape)}")
    if kind == str(site.output.dtype) and kind in BYTES:
        if (*site.parameters(site.output), kind) not in SHARES:
            raise site.unsupported("an output other than 1/256 and the type's smallest value")
        if beta * site.parameters(site.tensor(0))[0] * 2**26 <= 1:
            raise site.wrong(f"a scale of {site.tensor(0).scale:g} with beta {beta:g}")
        if shape[-1] >= 2**13:
            raise site.unsupported(f"{shape[-1]} classes")
    if kind == str(site.output.dtype) == "int16":
        _require_wide_softmax(site, beta)
    return shape, kind


def log_softmax(site: Site) -> Found:
    """Over the last axis, of 8 bits or float32."""
    site.require_inputs(1)
    kind, shape = _kind(site, *BYTES, "float32"), site.tensor(0).shape
    if not shape:
        raise site.wrong(f"shape {list(shape)}")
    if kind == str(site.output.dtype) and kind in BYTES:
        if site.parameters(site.output) != (1 / 16, 127 if kind == "int8" else 255):
            raise site.unsupported("an output other than 1/16 and the type's largest value")
        # The multiplier must be shifted left by at least two bits.
        if site.parameters(site.tensor(0))[0] * 2.0**26 < 2 or shape[-1] >= 2**12:
            raise site.unsupported(f"{shape[-1]} classes, a scale of {site.tensor(0).scale:g}")
    return shape, kind


def _require_wide_softmax(site: Site, beta: float) -> None:
    require_symmetric(site)
    if site.parameters(site.output) != (2.0**-15, 0):
        raise site.unsupported("an output other than 1/32768 and 0")
    if not site.tensor(0).scale * beta < 5 or site.tensor(0).shape[-1] >= 2**16:
        raise site.unsupported("differences or sums beyond int32")


def quantize(site: Site) -> Found:
    """From float32 or integers to 8 or 16 bits."""
    site.require_inputs(1)
    source, output = _kind(site, *REAL_OR_STORED), str(site.output.dtype)
    if output not in STORED or {source, output} == {"uint8", "int16"}:
        raise site.unsupported(f"{source} to {output}")
    scale, _ = site.parameters(site.output)
    if {source, output} == {"int16"}:
        require_symmetric(site)
    if source in STORED:
        site.require_factor(site.parameters(site.tensor(0))[0] / scale)
    return site.tensor(0).shape, output


def dequantize(site: Site) -> Found:
    """From 8 or 16 bits, or float16, to float32."""
    site.require_inputs(1)
    if _kind(site, *STORED, "float16") == "float16":
        return site.tensor(0).shape, "float32"
    require_symmetric(site)
    site.parameters(site.tensor(0))
    return site.tensor(0).shape, "float32"


def sizes(site: Site) -> Found:
    """SHAPE: one int32 or int64 an axis."""
    site.require_inputs(1)
    kind = str(site.output.dtype)
    if kind not in {"int32", "int64"}:
        raise site.unsupported(f"{named(site.output)} is {kind}")
    return (len(site.tensor(0).shape),), kind
