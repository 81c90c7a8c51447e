"""Which cases of suites are in training rows: with the rows, or by their signatures alone."""
