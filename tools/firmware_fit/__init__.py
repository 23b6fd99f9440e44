"""Whether a firmware's objects fit into a board's memory, before they are linked."""
