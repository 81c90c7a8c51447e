"""Training data: read and check it."""
