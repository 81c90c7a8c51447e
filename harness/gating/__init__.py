"""TODO gating."""
