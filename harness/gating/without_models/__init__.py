"""Sessions of pytest over the suites for other purposes than a new run: measure noise, plan, decide again."""
