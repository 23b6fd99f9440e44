"""How this machine computes as others would: BLAS's kernels and numpy's own SIMD code."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

from compare_machines import SETTINGS, digests, first_difference, runs_here

__all__ = ["SETTINGS", "digests", "first_difference", "runs_here"]
