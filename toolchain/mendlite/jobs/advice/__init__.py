"""Which layers may have int4 weights so that a file fits a flash budget."""
