"""TODO asking."""
