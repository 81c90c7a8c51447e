"""TODO votes."""
