"""Boards on a line: the only place that opens a port."""
