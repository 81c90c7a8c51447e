"""TODO failures."""
