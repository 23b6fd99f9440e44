"""Measures of how a quantized model behaves against its float model: pure functions."""
