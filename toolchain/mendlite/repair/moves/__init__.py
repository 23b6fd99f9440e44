"""The moves, a file each."""
