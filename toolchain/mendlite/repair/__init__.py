"""The repair engine, its moves and its strategies."""
