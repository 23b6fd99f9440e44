"""Functions of the C library that not every C library has."""

from __future__ import annotations

import ctypes
import sys
from typing import Any


def of_c_library(name: str) -> Any:
    """The function of this name of Linux's C library as ctypes calls it; None where it lacks it."""
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), name, None)
