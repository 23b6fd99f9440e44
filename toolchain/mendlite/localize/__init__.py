"""Find what quantization broke: spectra, suspiciousness, ranking, noise; pure functions."""
