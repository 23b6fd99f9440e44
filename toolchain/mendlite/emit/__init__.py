"""A repaired file in the forms that flashing tools and builds want."""
