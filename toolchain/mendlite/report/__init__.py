"""A report as text (terminal) and as JSON."""
