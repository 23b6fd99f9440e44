"""Layers compiled for this machine, with the bytes of the numpy kernels."""
