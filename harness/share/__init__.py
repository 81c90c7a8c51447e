"""Runs and answers of a team, in a place that all its machines reach. See docs/share.md."""
