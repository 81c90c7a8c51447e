"""Which texts are nearly the same: exact, or by signatures where there are many, and what hides that they are."""
