"""Firmware images that a boot loader checks: which seals cover a model, and their renewal."""
