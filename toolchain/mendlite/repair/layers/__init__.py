"""What moves that work layer by layer share."""
