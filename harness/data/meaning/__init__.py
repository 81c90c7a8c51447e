"""Which texts mean the same: a small model that tells it offline, and what is found by it."""
