"""TODO view."""
