"""load, replay, localize, repair, check, patch, validate, report: the main job in order."""
