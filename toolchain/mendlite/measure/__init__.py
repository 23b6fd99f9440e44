"""Measures of how a quantized classifier behaves against its float model: pure functions."""
