"""Findings about a quantized file in words: one file per kind, and the registry of them."""
