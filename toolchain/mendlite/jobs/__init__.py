"""What a command does beyond one call."""
