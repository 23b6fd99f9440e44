"""Streaming float models and their int8 files, made from public ones."""
