"""A report for people (terminal) and for programs (JSON)."""
