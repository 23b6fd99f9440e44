"""The doors that every file of the user comes in by: bounded, regular files only, plain errors."""
