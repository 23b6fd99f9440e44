"""Strategies: sequences of moves."""
