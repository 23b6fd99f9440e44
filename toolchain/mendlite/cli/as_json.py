"""The option --json, and what it prints: one JSON value on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import click


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --json, as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print only JSON on stdout.")(
        function
    )


def print_json(value: Any) -> None:
    """Print plain values as indented JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=1) + "\n")
