"""Types and multipliers of operators of one input that are tables of their stored inputs."""

from __future__ import annotations

from math import log2

from mendlite.checker.curves import RELUS
from mendlite.checker.prepare_more_curves import RULES
from mendlite.checker.prepare_wide import require_symmetric
from mendlite.checker.site import BYTES, STORED, Found, Site
from mendlite.checker.step import ACTIVATIONS

FIXED = {
    ("LOGISTIC", "int8"): (1 / 256, -128), ("LOGISTIC", "uint8"): (1 / 256, 0),
    ("TANH", "int8"): (1 / 128, 0), ("TANH", "uint8"): (1 / 128, 128),
}  # fmt: skip
"""Scale and zero-point of the output."""


def curve(site: Site) -> Found:
    """The output has the input's shape and type."""
    site.require_inputs(1)
    name, kind = site.op.name, site.kind(0)
    kinds, require = RULES.get(name, (BYTES if name in RELUS else STORED, None))
    if kind not in {*kinds, "float32"}:
        raise site.unsupported(f"type {kind}")
    if kind == str(site.output.dtype) != "float32":
        for tensor in (site.tensor(0), site.output):
            site.parameters(tensor)
        (require or (_require_ratio if name in RELUS else _require_fixed))(site)
    return site.tensor(0).shape, kind


def _require_ratio(site: Site) -> None:
    site.require_factor(site.tensor(0).scale / site.output.scale)
    for tensor in (site.tensor(0), site.output):
        site.require_steps(tensor, ACTIVATIONS[RELUS[site.op.name]])


def _require_fixed(site: Site) -> None:
    scale, given = site.tensor(0).scale, site.parameters(site.output)
    if site.kind(0) == "int16":
        require_symmetric(site)
        away = abs(log2(scale) - round(log2(scale)))
        if given != (2.0**-15, 0) or not scale < 2.6 or abs(away - 1e-3) < 1e-5:
            raise site.unsupported(f"int16 values of scale {scale:g}, or an output of another")
        return
    wanted = FIXED[site.op.name, site.kind(0)]
    if given != wanted:
        raise site.unsupported(f"an output other than {wanted[0]:g} and {wanted[1]}")
    if not 2.0**-28 <= scale < 8:
        raise site.wrong(f"a scale of {scale:g}")
