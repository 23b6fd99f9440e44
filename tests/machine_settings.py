"""How this machine computes as others would: BLAS's kernels and numpy's own SIMD code."""

from compare_machines import SETTINGS, digests, first_difference, runs_here

__all__ = ["SETTINGS", "digests", "first_difference", "runs_here"]
