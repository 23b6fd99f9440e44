"""Arithmetic of one layer at a time, without files."""
