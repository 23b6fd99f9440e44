"""Options that are real numbers."""

from __future__ import annotations

from math import isfinite
from typing import Any

import click


class FiniteRange(click.FloatRange):
    """A range without NaN, which no comparison refuses, and without the infinities."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """As ``click.FloatRange`` does; fails for what is not finite."""
        found: float = super().convert(value, param, ctx)
        if not isfinite(found):
            self.fail(f"{found} is not a finite number.", param, ctx)
        return found
