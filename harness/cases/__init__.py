"""The cases of suites: made of somebody's own rows, checked, shown, and corrected on a small local page."""
