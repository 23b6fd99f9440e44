"""Firmware images that a boot loader checks: which seals cover a model, and how to seal anew."""
