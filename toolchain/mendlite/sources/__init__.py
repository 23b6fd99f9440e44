"""Samples out of what users have: folders, arrays, tables, recordings, records, generators."""
