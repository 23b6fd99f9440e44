"""What the curves of ``more_curves.py`` need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite

from mendlite.checker.more_curves import (
    alpha_of,
    leaky_multipliers,
    root_multiplier,
    swish_multipliers,
    swish_ratios,
)
from mendlite.checker.prepare_wide import require_symmetric
from mendlite.checker.site import Site


def _leaky(site: Site) -> None:
    if site.kind(0) == "int16":
        require_symmetric(site)
    alpha = alpha_of(site)
    if not isfinite(alpha) or alpha < 0:
        raise site.unsupported(f"alpha {alpha:g}")
    for real in leaky_multipliers(site):
        site.require_factor(real)


def _hard_swish(site: Site) -> None:
    site.require_factor(site.tensor(0).scale * 32768 / 384)
    for real in swish_ratios(site):
        site.require_factor(real)
    if swish_multipliers(site)[0][1] > 0:
        raise site.wrong("a multiplier that is not below 1")


def _inverse_root(site: Site) -> None:
    site.require_factor(root_multiplier(site))


def _nothing(_site: Site) -> None:
    """A table in float32 has no multiplier."""


RULES: Mapping[str, tuple[tuple[str, ...], Callable[[Site], None]]] = {
    "LEAKY_RELU": (("int8", "uint8", "int16"), _leaky),
    "HARD_SWISH": (("int8", "uint8"), _hard_swish),
    "RSQRT": (("int8",), _inverse_root),
    **dict.fromkeys(("SQRT", "ELU", "GELU", "EXP", "LOG"), (("int8",), _nothing)),
}
"""Types besides float32, and what raises where a multiplier does not fit."""
