"""Check a certificate from its files alone; shares no code with what made it."""
