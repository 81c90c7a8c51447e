"""What can be wrong with training rows: one module for each group of checks, and the kinds of problems."""
