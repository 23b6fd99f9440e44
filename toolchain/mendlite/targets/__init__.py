"""Targets: which models, which samples, how they are fed, and what the result must hold."""
