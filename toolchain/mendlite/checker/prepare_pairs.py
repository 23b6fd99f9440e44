"""Shapes, types and multipliers of ADD, SUB and MUL, and how two shapes broadcast."""

from __future__ import annotations

from math import log2

from mendlite.checker.pairs import HEADROOM, WHOLE, product_multiplier
from mendlite.checker.prepare_wide import require_symmetric
from mendlite.checker.site import STORED, Found, Site


def pair(site: Site) -> Found:
    """Two activations or constants of one type."""
    kind, shape = one_type(site, "float32", *STORED, *WHOLE), broadcast(site)
    if str(site.output.dtype) == kind:
        site.require_activation(0)
        if kind in WHOLE and int(site.op.option(0, "b")):
            raise site.unsupported(f"a fused activation of {kind}")
        if kind in STORED:
            _require_multipliers(site)
        if kind == "int16":
            _require_no_shift(site)
    return shape, kind


def one_type(site: Site, *kinds: str) -> str:
    """The type of both inputs, one of ``kinds``."""
    site.require_inputs(2)
    kind = site.kind(0)
    if kind not in kinds:
        raise site.unsupported(f"type {kind}")
    if site.kind(1) != kind:
        raise site.wrong(f"types {kind} and {site.kind(1)}")
    return kind


def broadcast(site: Site) -> tuple[int, ...]:
    """The common shape of both inputs, aligned at the last axis."""
    return common(site, site.tensor(0).shape, site.tensor(1).shape)


def common(site: Site, first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape, aligned at the last axis."""
    rank = max(len(first), len(second))
    long = [(*[1] * (rank - len(shape)), *shape) for shape in (first, second)]
    if any(a != b and 1 not in {a, b} for a, b in zip(*long, strict=True)):
        raise site.wrong(f"shapes {list(first)} and {list(second)}")
    return tuple(max(ends) for ends in zip(*long, strict=True))


def _require_multipliers(site: Site) -> None:
    scales = [site.parameters(t)[0] for t in (site.tensor(0), site.tensor(1), site.output)]
    if site.op.name == "MUL":
        site.require_factor(product_multiplier(site))
        site.require_factor(scales[0] * scales[1] / scales[2])
        return
    factor = 2 * max(scales[:2]) / (2 ** HEADROOM[site.kind(0)] * scales[2])
    if not factor < 1:
        raise site.wrong(f"a multiplier of {factor:g}, not below 1")


def _require_no_shift(site: Site) -> None:
    """LiteRT adds int16 values by shifts where all scales are powers of two, or nearly."""
    require_symmetric(site)
    scales = [site.parameters(t)[0] for t in (site.tensor(0), site.tensor(1), site.output)]
    powers = [abs(log2(scale) - round(log2(scale))) < 0.002 for scale in scales]
    shifts = site.op.name != "MUL" and site.profile == "tflite_ref"
    if shifts and all(powers) and site.op.option(1, "?", 1):
        raise site.unsupported("int16 values whose scales are powers of two")
