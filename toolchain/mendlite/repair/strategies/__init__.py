"""Strategies: which moves, in which order, under which conditions. A file each, a row each."""
