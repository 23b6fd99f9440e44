"""Repair strategies: one layer's problem in, its new integers out; pure functions."""
