"""TODO packets."""
