"""Operators that mendlite's kernels lack, each run alone by an interpreter in another process."""
