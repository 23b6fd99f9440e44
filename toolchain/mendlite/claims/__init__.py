"""Exact re-evaluation of what was claimed; shares nothing with what made the claim."""
