"""Sweeps: one training for each combination of values. See docs/training.md."""
