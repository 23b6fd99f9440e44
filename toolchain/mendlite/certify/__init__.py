"""Properties decided for every input of a region."""
