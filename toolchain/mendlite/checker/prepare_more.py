"""Shapes and types of gathers, reductions, products of two tensors, CAST and RESIZE_BILINEAR."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import numpy as np

from mendlite.checker.division import DEEPEST, last_shift, quotient_multiplier
from mendlite.checker.prepare_copies import INDEX, resized
from mendlite.checker.prepare_pairs import broadcast, common, one_type
from mendlite.checker.prepare_wide import require_symmetric
from mendlite.checker.products import (
    difference_multiplier,
    matrix_multiplier,
    prelu_multipliers,
)
from mendlite.checker.resizing import last_row
from mendlite.checker.rounding import quantize_multiplier
from mendlite.checker.site import STORED, Found, Site, named

WHOLE = (*STORED, *INDEX, "bool")


def _of(site: Site, *kinds: str) -> str:
    kind = site.kind(0)
    if kind not in kinds:
        raise site.unsupported(f"type {kind}")
    return kind


def _own_type(site: Site, kind: str) -> bool:
    """Whether the output is of this stored type, so that its scale matters."""
    return kind in STORED and str(site.output.dtype) == kind


def gather(site: Site) -> Found:
    """GATHER."""
    site.require_inputs(2)
    source, places = site.tensor(0).shape, site.tensor(1).shape
    if site.kind(1) not in INDEX:
        raise site.unsupported(f"positions of type {site.kind(1)}")
    axis = site.one_of(int(site.op.option(0, "i")), len(source))
    batches = site.one_of(int(site.op.option(1, "i")), len(places) + 1)
    if batches > axis or source[:batches] != places[:batches]:
        raise site.wrong(f"{list(source)} and {list(places)} along axis {axis}")
    return (*source[:axis], *places[batches:], *source[axis + 1 :]), site.kind(0)


def gather_nd(site: Site) -> Found:
    """GATHER_ND."""
    site.require_inputs(2)
    source, places = site.tensor(0).shape, site.tensor(1).shape
    if site.kind(1) not in INDEX:
        raise site.unsupported(f"positions of type {site.kind(1)}")
    if not places or not 1 <= places[-1] <= len(source):
        raise site.wrong(f"positions of shape {list(places)} in {list(source)}")
    return (*places[:-1], *source[places[-1] :]), site.kind(0)


def extreme(site: Site) -> Found:
    """MINIMUM and MAXIMUM."""
    kind = one_type(site, *STORED, *INDEX, "float32")
    return broadcast(site), kind


def _reduced(site: Site, *kinds: str) -> Found:
    site.require_inputs(2)
    kind, shape, keep = _of(site, *kinds), site.tensor(0).shape, bool(site.op.option(0, "?"))
    axes = {site.one_of(a, len(shape)) for a in site.constants(1)}
    kept = [1 if a in axes else n for a, n in enumerate(shape) if keep or a not in axes]
    return tuple(kept), kind


def reduction(site: Site) -> Found:
    """REDUCE_MAX and REDUCE_MIN."""
    shape, kind = _reduced(site, *STORED, *INDEX, "float32")
    if _own_type(site, kind):
        given = site.parameters(site.tensor(0))
        if given != site.parameters(site.output):
            raise site.wrong(f"{named(site.tensor(0))} is quantized otherwise than the output")
    return shape, kind


def total(site: Site) -> Found:
    """SUM; of int8 and int16 as TFLite Micro has it, where no sum leaves int32."""
    shape, kind = _reduced(site, *INDEX, "float32", "int8", "int16")
    if _own_type(site, kind):
        if site.profile == "tflite_ref":
            raise site.unsupported(f"LiteRT's sums of {kind}")
        require_symmetric(site)
        scale, zero = site.parameters(site.tensor(0))
        real = scale / site.parameters(site.output)[0]
        site.require_factor(real)
        ends = np.iinfo(kind)
        terms = prod(site.tensor(0).shape) // prod(shape or ())
        reach = terms * max(zero - int(ends.min), int(ends.max) - zero)
        if reach * 2 * max(real, 0.5) >= 2**31 - 2**9:
            raise site.unsupported(f"a sum of {terms} values may leave int32")
    return shape, kind


def arg_max(site: Site) -> Found:
    """ARG_MAX."""
    site.require_inputs(2)
    _of(site, *STORED, "int32", "float32")
    shape, kind = site.tensor(0).shape, str(site.output.dtype)
    if kind not in INDEX:
        raise site.unsupported(f"an output of type {kind}")
    axis = site.one_axis(1, len(shape))
    return (*shape[:axis], *shape[axis + 1 :]), kind


def running_sum(site: Site) -> Found:
    """CUMSUM."""
    site.require_inputs(2)
    kind = _of(site, "int32", "float32")
    site.one_axis(1, len(site.tensor(0).shape))
    return site.tensor(0).shape, kind


def cast(site: Site) -> Found:
    """CAST; from float32 to itself alone."""
    site.require_inputs(1)
    kind, output = _of(site, *WHOLE, "float32"), str(site.output.dtype)
    if output not in {*WHOLE, "float32"} or (kind == "float32" != output):
        raise site.unsupported(f"{kind} to {output}")
    return site.tensor(0).shape, output


def normalization(site: Site) -> Found:
    """L2_NORMALIZATION."""
    site.require_inputs(1)
    kind, shape = _of(site, "int8", "float32"), site.tensor(0).shape
    if int(site.op.option(0, "b")):
        raise site.unsupported("a fused activation")
    if not shape:
        raise site.wrong("an input without axes")
    if _own_type(site, kind):
        site.parameters(site.tensor(0))
        if site.parameters(site.output) != (1 / 128, 0) or shape[-1] >= 2**15:
            raise site.unsupported("an output other than 1/128 and 0, or too many values")
    return shape, kind


def bilinear(site: Site) -> Found:
    """RESIZE_BILINEAR."""
    kind, (shape, stored) = _of(site, "int8", "int16", "float32"), resized(site, 2)
    aligned, centred = (bool(site.op.option(field, "?")) for field in (2, 3))
    for extent, wanted in zip(site.tensor(0).shape[1:3], site.constants(1), strict=True):
        if kind != "float32" and last_row(extent, wanted, aligned, centred) >= extent:
            raise site.unsupported(f"its step from {extent} to {wanted} leaves the image")
    return shape, stored


def matrices(site: Site) -> Found:
    """BATCH_MATMUL."""
    kind = one_type(site, "int8", "float32")
    shapes = [site.tensor(slot).shape for slot in (0, 1)]
    if min(map(len, shapes)) < 2 or max(map(len, shapes)) > 5:
        raise site.wrong(f"matrices {list(shapes[0])} and {list(shapes[1])}")
    (rows, inner), (other, columns) = (
        shape[:-3:-1] if site.op.option(slot, "?") else shape[-2:]
        for slot, shape in enumerate(shapes)
    )
    if inner != other:
        raise site.wrong(f"matrices {list(shapes[0])} and {list(shapes[1])}")
    if _own_type(site, kind):
        if inner >= 2**15:
            raise site.unsupported(f"sums of {inner} products")
        _parameters(site)
        site.require_factor(matrix_multiplier(site))
    return (*common(site, shapes[0][:-2], shapes[1][:-2]), rows, columns), kind


def _parameters(site: Site) -> None:
    for tensor in (site.tensor(0), site.tensor(1), site.output):
        site.parameters(tensor)


def squared_difference(site: Site) -> Found:
    """SQUARED_DIFFERENCE."""
    kind, shape = one_type(site, "int8", "int32", "float32"), broadcast(site)
    if _own_type(site, kind):
        _parameters(site)
        site.require_factor(difference_multiplier(site))
    return shape, kind


def prelu(site: Site) -> Found:
    """PRELU."""
    kind, shape = one_type(site, "int8", "float32"), broadcast(site)
    if shape != site.tensor(0).shape:
        raise site.wrong(f"slopes {list(site.tensor(1).shape)} of {list(site.tensor(0).shape)}")
    if _own_type(site, kind):
        _parameters(site)
        for real in prelu_multipliers(site):
            site.require_factor(real)
    return shape, kind


def quotient(site: Site) -> Found:
    """DIV."""
    kind, shape = one_type(site, "float32", "int8"), broadcast(site)
    site.require_activation(0)
    if _own_type(site, kind):
        _parameters(site)
        _require_quotients(site)
    return shape, kind


def _require_quotients(site: Site) -> None:
    """Of int8 by constants, where the kernels define every quotient."""
    real, data = quotient_multiplier(site), site.tensor(1).data
    if data is None or site.profile == "single":
        raise site.unsupported("an int8 divisor that is computed, or single rounding")
    site.require_factor(real)
    _, left = quantize_multiplier(real, single=False)
    for divisor in (int(y) - site.tensor(1).zero for y in np.unique(data)):
        shifts = [
            last_shift(x - site.tensor(0).zero, divisor, left) for x in range(-128, 128) if divisor
        ]
        if not divisor or min(shifts) < 0 or max(shifts) > DEEPEST:
            raise site.unsupported("int8 quotients that no kernel defines")


RULES: Mapping[str, Callable[[Site], Found | list[Found]]] = {
    "GATHER": gather,
    "GATHER_ND": gather_nd,
    "MINIMUM": extreme,
    "MAXIMUM": extreme,
    "REDUCE_MAX": reduction,
    "REDUCE_MIN": reduction,
    "SUM": total,
    "ARG_MAX": arg_max,
    "CUMSUM": running_sum,
    "CAST": cast,
    "L2_NORMALIZATION": normalization,
    "RESIZE_BILINEAR": bilinear,
    "BATCH_MATMUL": matrices,
    "SQUARED_DIFFERENCE": squared_difference,
    "PRELU": prelu,
    "DIV": quotient,
}
