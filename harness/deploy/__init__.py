"""`harness serve` and `harness reload`: the promoted adapter, for users, as it was gated, after the proof of it."""
