"""Model files and data as a user has them, to a target: what they are is found out and printed."""
