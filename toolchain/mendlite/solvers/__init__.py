"""Solver backends: one adapter a file, imported only when chosen, run in worker processes."""
