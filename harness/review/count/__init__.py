"""TODO count."""
